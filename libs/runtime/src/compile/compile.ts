/**
 * Folds a sub-topology into closures, one a node: children first, each node calls its children directly. Nothing of the topology is left on the record path.
 */
import { invariant, millraceError } from '@millrace/base';
import {
  branch,
  broadcast,
  broadcastChange,
  passingTableSource,
  streamAggregate,
  streamReduce,
  tableAggregate,
  tableReduce,
  tableSelect,
  tableSource,
  tableToStream,
  type AggregateOptions,
  type StreamNode,
  type TableNode,
} from '@millrace/operators';
import type { Serde } from '@millrace/serde';
import {
  internalTopicName,
  type BranchSpec,
  type JoinOperation,
  type Operation,
  type Program,
  type SinkNode,
  type SourceNode,
  type Subtopology,
  type TopicPattern,
} from '@millrace/topology';
import { isBefore, type CompileEnvironment } from './compile-environment.ts';
import { CompiledStores, type CompiledBuffer, type CompiledStore, type ReadAheadStore } from './compile-stores.ts';
import { KeyValueStore, type RecordContext } from '@millrace/state';
import { needsOldValues, ownsHeaders } from './downstream.ts';
import { asyncNode } from '../async/async-node.ts';
import { joinNode, type JoinScope } from './join-node.ts';
import { derivedTableNode, parentOf, staleness, tableStore, transformNode } from './table-node.ts';
import { foreignKeyStreamNode, foreignKeyTableNode, type ForeignKeyScope } from './foreign-key-node.ts';
import { TaskProcessors, type LiveProcessor } from './processor-node.ts';
import { readOnly, storeAccess } from './store-access.ts';
import { guardedStream, guardedTable } from './guarded-node.ts';
import { sinkNode } from './sink-node.ts';
import { statelessNode } from './stateless-node.ts';
import { extractorOf, type TimestampFunction } from '../task/timestamp-extractor.ts';
import { ProgramSerdes } from './program-serdes.ts';
import { windowedNode } from './windowed-node.ts';

/** A compiled source: how a record of its topics is read, and where it goes. */
export interface CompiledSource {
  readonly node: SourceNode;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Undefined: the record's own, which must not be negative. */
  readonly timestamp: TimestampFunction | undefined;
  readonly process: StreamNode;
  /** Stores that its records will meet under their own keys; their rows can be read ahead. */
  readonly readsAhead: readonly ReadAheadStore[];
}

export interface CompiledSubtopology {
  /** Topic in Kafka -> source. */
  readonly sources: ReadonlyMap<string, CompiledSource>;
  /** What reads all topics that match. */
  readonly patterns: readonly { readonly pattern: TopicPattern; readonly source: CompiledSource }[];
  /** In topological order: the order of flushing. */
  readonly stores: readonly CompiledStore[];
  /** In the order of building. */
  readonly processors: readonly LiveProcessor[];
  readonly buffers: readonly CompiledBuffer[];
}

type StatefulOperation = Exclude<Extract<Operation, { readonly store: string | null }>, JoinOperation>;

type Node = { readonly kind: 'stream'; readonly run: StreamNode } | { readonly kind: 'table'; readonly run: TableNode };

export function compile(
  program: Program,
  subtopology: Subtopology,
  environment: CompileEnvironment,
): CompiledSubtopology {
  return new Compiler(program, subtopology, environment).compile();
}

class Compiler {
  readonly #program: Program;
  readonly #part: Subtopology;
  readonly #env: CompileEnvironment;
  readonly #compiled = new Map<string, Node>();
  readonly #serdes: ProgramSerdes;
  readonly #stores: CompiledStores;
  readonly #processors: TaskProcessors;
  readonly #scope: ForeignKeyScope;
  readonly #joins: JoinScope;

  constructor(program: Program, part: Subtopology, environment: CompileEnvironment) {
    this.#program = program;
    this.#part = part;
    this.#env = environment;
    const serdes = new ProgramSerdes(program, environment);
    const stores = new CompiledStores(part, environment, serdes);
    this.#serdes = serdes;
    this.#stores = stores;
    this.#processors = new TaskProcessors({
      environment: environment.processors,
      find: (ref) => this.#function(ref),
      children: (name) => ({ all: this.#streamChildren(name), child: (child) => this.#streamChild(name, child) }),
      store: (name) => this.#access(name),
      globalStore: (name) => this.#globalAccess(name),
    });
    this.#scope = {
      part,
      transform: (name, operation) => this.#processors.transform(name, operation),
      metrics: environment.metrics,
      context: environment.context,
      applicationId: environment.applicationId,
      partition: environment.partition,
      keySerde: (ref) => serdes.key(ref, 'keys of a foreign-key join'),
      valueSerde: (ref) => serdes.value(ref, 'values of a foreign-key join'),
      find: (ref) => this.#function(ref),
      store: (name) => stores.store(name),
      suppressBuffer: (name) => stores.suppressBuffer(name),
      joinBuffer: (name) => stores.joinBuffer(name),
    };
    this.#joins = {
      tables: this.#scope,
      progress: new Map(),
      emitIntervalMs: environment.joinEmitIntervalMs,
      now: environment.now,
      store: (name) => stores.store(name),
      global: (name) => {
        const store = environment.globals.get(name);
        invariant(store instanceof KeyValueStore, `the store of the global table ${name} is open`);
        return store;
      },
    };
  }

  compile(): CompiledSubtopology {
    const sources = new Map<string, CompiledSource>();
    const patterns: { pattern: TopicPattern; source: CompiledSource }[] = [];
    for (const node of this.#part.nodes) {
      if (node.kind !== 'source') continue;
      const source = this.#source(node);
      if (node.pattern !== undefined) patterns.push({ pattern: node.pattern, source });
      for (const topic of node.topics)
        sources.set(node.internal ? internalTopicName(this.#env.applicationId, topic) : topic, source);
    }
    return {
      sources,
      patterns,
      stores: [...this.#stores.stores.values()],
      buffers: [...this.#stores.buffers.values()],
      processors: this.#processors.live(this.#part.nodes),
    };
  }

  #streamChild(name: string, child: string): StreamNode | undefined {
    const isChild = this.#part.nodes.some(
      (node) => node.name === child && node.kind !== 'source' && node.parents.includes(name),
    );
    const compiled = isChild ? this.#node(child) : undefined;
    return compiled?.kind === 'stream' ? compiled.run : undefined;
  }

  /** Global stores are read by all, and written by the processors alone that fill them. */
  #globalAccess(name: string): unknown {
    // Who fills one of them may use all the others (JVM).
    if (this.#env.processors.isGlobal && this.#stores.stores.has(name)) return this.#access(name);
    const store = this.#env.globals.get(name);
    const spec = this.#program.topology.stores.find((one) => one.name === name);
    if (store === undefined || spec === undefined) return undefined;
    return readOnly(storeAccess(spec, store, this.#env.context, this.#env.metrics));
  }

  #access(name: string): unknown {
    const spec = this.#part.stores.find((store) => store.name === name);
    invariant(spec !== undefined, `the store ${name} is part of the sub-topology`);
    return storeAccess(spec, this.#stores.store(name), this.#env.context, this.#env.metrics);
  }

  #source(node: SourceNode): CompiledSource {
    const keySerde = this.#serdes.key(node.keySerde, `source ${node.name}`);
    return {
      node,
      keySerde,
      valueSerde: this.#serdes.wrapped(node, `source ${node.name}`, this.#fullName(node.topics[0] ?? '', node)),
      timestamp: extractorOf(node, this.#program, this.#env.wallClock, this.#env.defaultTimestampExtractor),
      process: this.#streamChildren(node.name),
      readsAhead: node.timestampExtractor === null ? this.#stores.readAheadOf(node.name, keySerde) : [],
    };
  }

  #node(name: string): Node {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const node = this.#part.nodes.find((one) => one.name === name);
    invariant(
      node !== undefined && node.kind !== 'source',
      'children of a sub-topology are processors and sinks of it',
    );
    const compiled: Node =
      node.kind === 'sink'
        ? { kind: 'stream', run: this.#sink(node) }
        : this.#guarded(name, this.#operation(name, node.operation));
    this.#compiled.set(name, compiled);
    return compiled;
  }

  #guarded(name: string, node: Node): Node {
    const { onProcessingError } = this.#env;
    if (onProcessingError === undefined) return node;
    return node.kind === 'stream'
      ? { kind: 'stream', run: guardedStream(name, node.run, onProcessingError) }
      : { kind: 'table', run: guardedTable(name, node.run, onProcessingError) };
  }

  #children(name: string): Node[] {
    return this.#part.nodes
      .filter((node) => node.kind !== 'source' && node.parents.includes(name))
      .map((node) => this.#node(node.name));
  }

  #fullName(topic: string, { internal }: { readonly internal: boolean }): string {
    return internal ? internalTopicName(this.#env.applicationId, topic) : topic;
  }

  #streamChildren(name: string): StreamNode {
    const next = broadcast(
      this.#children(name).map((child) => {
        invariant(child.kind === 'stream', 'a stream feeds streams');
        return child.run;
      }),
    );
    return ownsHeaders(this.#part, name) ? withOwnHeaders(this.#env.context, next) : next;
  }

  #tableChildren(name: string): TableNode {
    return broadcastChange(
      this.#children(name).map((child) => {
        invariant(child.kind === 'table', 'a table feeds tables');
        return child.run;
      }),
    );
  }

  #operation(name: string, operation: Operation): Node {
    switch (operation.type) {
      case 'tableFilter':
      case 'tableMapValues':
      case 'tableJoin':
      case 'tableJoinMerge':
      case 'tableSuppress':
        return { kind: 'table', run: derivedTableNode(this.#scope, name, operation, this.#tableChildren(name)) };
      case 'tableTransformValues':
        return { kind: 'table', run: transformNode(this.#scope, name, operation, this.#tableChildren(name)) };
      case 'tableMerge':
        return { kind: 'table', run: this.#tableChildren(name) };
      case 'subscriptionSend':
      case 'subscribersTold':
        return { kind: 'table', run: foreignKeyTableNode(this.#scope, name, operation, this.#streamChildren(name)) };
      case 'subscriptionReceive':
      case 'subscriptionAnswer':
      case 'answerJoin':
        return { kind: 'stream', run: foreignKeyStreamNode(this.#scope, name, operation, this.#streamChildren(name)) };
      case 'tableToStream':
        return { kind: 'table', run: tableToStream(this.#streamChildren(name)) };
      case 'tableSelect': {
        const mapper = this.#function<(key: unknown, value: unknown) => readonly [unknown, unknown]>(operation.mapper);
        const sendsBoth = !isBefore(this.#env.upgradeFrom, 3, 5);
        const next = this.#streamChildren(name);
        const isStale = staleness(this.#scope, parentOf(this.#part, name));
        return { kind: 'table', run: tableSelect({ mapper, sendsBoth, isStale, next }) };
      }
      case 'filter':
      case 'map':
      case 'flatMap':
      case 'mapValues':
      case 'flatMapValues':
      case 'selectKey':
      case 'peek':
      case 'foreach':
      case 'merge':
      case 'repartitionFilter':
        return {
          kind: 'stream',
          run: statelessNode(operation, (ref) => this.#function(ref), this.#streamChildren(name)),
        };
      case 'branch':
        return { kind: 'stream', run: this.#branch(operation.branches) };
      case 'process':
      case 'processValues':
        return { kind: 'stream', run: this.#processors.stream(name, operation) };
      case 'mapAsync':
      case 'mapValuesAsync':
      case 'processAsync': {
        const next = this.#streamChildren(name);
        return { kind: 'stream', run: asyncNode(name, operation, this.#env.async, (ref) => this.#function(ref), next) };
      }
      case 'joinWindow':
      case 'selfJoin':
      case 'streamJoin':
      case 'streamTableJoin':
      case 'globalTableJoin':
        return { kind: 'stream', run: joinNode(this.#joins, name, operation, this.#streamChildren(name)) };
      default:
        return { kind: 'stream', run: this.#stateful(name, operation) };
    }
  }

  #branch(branches: readonly BranchSpec[]): StreamNode {
    return branch(
      branches.map(({ node, predicate }) => {
        const child = this.#node(node);
        invariant(child.kind === 'stream', 'branches are streams');
        return { accepts: predicate === null ? undefined : this.#function(predicate), next: child.run };
      }),
    );
  }

  #stateful(name: string, operation: StatefulOperation): StreamNode {
    if (operation.type === 'tableSource' && operation.store === null)
      return passingTableSource(name, this.#env.metrics, this.#tableChildren(name));
    const compiled = this.#stores.stores.get(operation.store ?? '');
    invariant(compiled !== undefined, `the store of ${name} is part of its sub-topology`);
    if ('emit' in operation) {
      const scope = { ...this.#scope, environment: this.#env, next: this.#tableChildren(name) };
      return windowedNode(scope, name, operation, compiled);
    }
    const store = tableStore(compiled.store);
    store.onUpdate(this.#tableChildren(name), needsOldValues(this.#part, name));
    const options: AggregateOptions = { where: name, store, metrics: this.#env.metrics };
    switch (operation.type) {
      case 'streamAggregate':
        return streamAggregate(options, this.#function(operation.initializer), this.#function(operation.aggregator));
      case 'streamReduce':
        return streamReduce(options, this.#function(operation.reducer));
      case 'tableSource':
        return tableSource(options);
      case 'tableReduce':
        return tableReduce(options, this.#function(operation.adder), this.#function(operation.subtractor));
      case 'tableAggregate':
        return tableAggregate(
          options,
          this.#function(operation.initializer),
          this.#function(operation.adder),
          this.#function(operation.subtractor),
        );
      default:
        throw millraceError('MR_RUNTIME_NOT_YET', { what: `operation '${operation.type}' as a stream` });
    }
  }

  #sink(node: SinkNode): StreamNode {
    const { applicationId, collector, context, metrics } = this.#env;
    const topic = node.internal ? internalTopicName(applicationId, node.topic) : node.topic;
    return sinkNode({
      name: node.name,
      topic,
      extract: node.topicExtractor === undefined ? undefined : this.#function(node.topicExtractor.extractor),
      choose: node.partitioner === null ? undefined : this.#function(node.partitioner),
      keySerde: this.#serdes.key(node.keySerde, `sink ${node.name}`),
      valueSerde: this.#serdes.wrapped(node, `sink ${node.name}`, topic),
      collector,
      context,
      metrics,
      onError: this.#env.onProductionError,
    });
  }

  #function<F>(ref: string): F {
    const found = this.#program.functions[ref];
    invariant(found !== undefined, `the program has the function ${ref}`);
    return found as F;
  }
}

/** Each record goes on with the headers that were there before it. */
function withOwnHeaders(context: RecordContext, next: StreamNode): StreamNode {
  return (key, value, timestamp) => {
    const { headers } = context;
    next(key, value, timestamp);
    context.headers = headers;
  };
}
