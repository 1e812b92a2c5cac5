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
  type EmitProgress,
  type Interlude,
  type OperatorMetrics,
  type StreamNode,
  type TableNode,
} from '@millrace/operators';
import type { Header, StateEngine } from '@millrace/ports';
import { change, subscription, subscriptionResponse, type Serde } from '@millrace/serde';
import {
  JoinWaitingStore,
  JoinWindowStore,
  KeyValueStore,
  sessions,
  SpanStore,
  SuppressBuffer,
  windowsOfSize,
  WindowStore,
  type RecordContext,
  type StateMemory,
  type StateStore,
  type TaskStoreOptions,
} from '@millrace/state';
import {
  changelogTopicName,
  internalTopicName,
  type BranchSpec,
  type JoinOperation,
  type Operation,
  type Program,
  type SerdeRef,
  type SinkNode,
  type SourceNode,
  type StoreSpec,
  type Subtopology,
} from '@millrace/topology';
import { firstStores, needsOldValues } from './downstream.ts';
import { joinNode, type JoinScope } from './join-node.ts';
import { derivedTableNode, transformNode } from './table-node.ts';
import { foreignKeyStreamNode, foreignKeyTableNode, type ForeignKeyScope } from './foreign-key-node.ts';
import type { ProcessorEnvironment } from './processor-context.ts';
import { scannedStores, TaskProcessors, type LiveProcessor } from './processor-node.ts';
import { readOnly, storeAccess } from './store-access.ts';
import { guardedStream, guardedTable, type OnProcessingError } from './guarded-node.ts';
import { sinkNode } from './sink-node.ts';
import { statelessNode } from './stateless-node.ts';
import { extractorOf, type TimestampFunction } from './timestamp-extractor.ts';
import type { RecordCollector } from './stream-task.ts';
import { windowedNode } from './windowed-node.ts';

export interface CompileEnvironment {
  readonly applicationId: string;
  readonly partition: number;
  readonly engine: StateEngine;
  /** The same for stores that processors use: it can be scanned at once. */
  readonly scanEngine: StateEngine;
  /** For stores that are not persistent. */
  readonly memoryEngine: StateEngine;
  readonly collector: RecordCollector;
  readonly context: RecordContext;
  readonly metrics: OperatorMetrics;
  readonly defaultKeySerde: Serde<unknown> | undefined;
  readonly defaultValueSerde: Serde<unknown> | undefined;
  readonly memory: StateMemory;
  /** The version that some instances of the application may still have (JVM: upgrade.from); undefined: none. */
  readonly upgradeFrom?: string | undefined;
  /** How often final results are looked for, ms. */
  readonly emitIntervalMs: number;
  /** How often outer joins look for windows that have closed, ms. */
  readonly joinEmitIntervalMs: number;
  /** Stores of global tables by name. */
  readonly globals: ReadonlyMap<string, KeyValueStore>;
  /** Monotonic time of the slice that is being processed. */
  readonly now: () => number;
  /** ms since 1970 */
  readonly wallClock: () => number;
  /** Undefined: a failing node stops the task. */
  readonly onProcessingError?: OnProcessingError | undefined;
  /** What processors may ask. */
  readonly processors: ProcessorEnvironment;
  /** Asks for work before the next record. */
  readonly interlude: (work: Interlude) => void;
}

/** A compiled source: how a record of its topics is read, and where it goes. */
export interface CompiledSource {
  readonly node: SourceNode;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Undefined: the record's own, which must not be negative. */
  readonly timestamp: TimestampFunction | undefined;
  readonly process: StreamNode;
  /** Stores that its records will meet under their own keys; their rows can be read ahead. */
  readonly readsAhead: readonly (KeyValueStore | WindowStore | SpanStore)[];
}

export interface CompiledStore {
  readonly name: string;
  readonly id: number;
  readonly store: StateStore;
  readonly changelogTopic: string;
  readonly logging: boolean;
  readonly engine: StateEngine;
  /** Nothing of it is left when the task is closed. */
  readonly inMemory: boolean;
  /** How far the final results of its windows were sent. */
  readonly progress: EmitProgress;
}

/** The buffer of a suppression. */
export interface CompiledBuffer {
  readonly name: string;
  readonly buffer: SuppressBuffer;
  readonly changelogTopic: string;
  readonly logging: boolean;
}

export interface CompiledSubtopology {
  /** Topic in Kafka -> source. */
  readonly sources: ReadonlyMap<string, CompiledSource>;
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
  readonly #stores = new Map<string, CompiledStore>();
  readonly #processors: TaskProcessors;
  readonly #buffers = new Map<string, CompiledBuffer>();
  readonly #scope: ForeignKeyScope;
  readonly #joins: JoinScope;

  constructor(program: Program, part: Subtopology, environment: CompileEnvironment) {
    this.#program = program;
    this.#part = part;
    this.#env = environment;
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
      applicationId: environment.applicationId,
      partition: environment.partition,
      keySerde: (ref) => this.#serde(ref, environment.defaultKeySerde, 'keys of a foreign-key join'),
      valueSerde: (ref) => this.#serde(ref, environment.defaultValueSerde, 'values of a foreign-key join'),
      find: (ref) => this.#function(ref),
      store: (name) => this.#storeNamed(name),
      buffer: (name) => {
        const buffer = this.#buffers.get(name)?.buffer;
        invariant(buffer !== undefined, `the buffer ${name} is part of the sub-topology`);
        return buffer;
      },
    };
    this.#joins = {
      tables: this.#scope,
      progress: new Map(),
      emitIntervalMs: environment.joinEmitIntervalMs,
      now: environment.now,
      store: (name) => this.#storeNamed(name),
      global: (name) => {
        const store = environment.globals.get(name);
        invariant(store, `the global store ${name} is open`);
        return store;
      },
    };
  }

  #storeNamed(name: string): StateStore {
    const store = this.#stores.get(name)?.store;
    invariant(store !== undefined, `the store ${name} is part of the sub-topology`);
    return store;
  }

  compile(): CompiledSubtopology {
    this.#part.stores.forEach((spec, index) => {
      if (spec.kind === 'suppressBuffer') this.#buffers.set(spec.name, this.#buffer(spec));
      else this.#stores.set(spec.name, this.#store(spec, index + 1));
    });
    const sources = new Map<string, CompiledSource>();
    for (const node of this.#part.nodes) {
      if (node.kind !== 'source') continue;
      const source = this.#source(node);
      for (const topic of node.topics)
        sources.set(node.internal ? internalTopicName(this.#env.applicationId, topic) : topic, source);
    }
    return {
      sources,
      stores: [...this.#stores.values()],
      buffers: [...this.#buffers.values()],
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

  /** Global stores are read by all, and written by the processor alone that fills them. */
  #globalAccess(name: string): unknown {
    const store = this.#env.globals.get(name);
    const spec = this.#program.topology.stores.find((one) => one.name === name);
    if (store === undefined || spec === undefined) return undefined;
    return readOnly(storeAccess(spec, store, this.#env.context, this.#env.metrics));
  }

  #access(name: string): unknown {
    const spec = this.#part.stores.find((store) => store.name === name);
    invariant(spec !== undefined, `the store ${name} is part of the sub-topology`);
    return storeAccess(spec, this.#storeNamed(name), this.#env.context, this.#env.metrics);
  }

  #buffer({ name, logging, keySerde, valueSerde }: StoreSpec): CompiledBuffer {
    const { collector, context, partition, applicationId, defaultKeySerde, defaultValueSerde } = this.#env;
    const topic = changelogTopicName(applicationId, name);
    const buffer = new SuppressBuffer({
      keySerde: this.#serde(keySerde, defaultKeySerde, `store ${name}`),
      valueSerde: this.#serde(valueSerde, defaultValueSerde, `store ${name}`),
      topic,
      changelog: logging ? { append: (...record) => collector.append(topic, partition, ...record) } : undefined,
      context,
    });
    return { name, buffer, changelogTopic: topic, logging };
  }

  #engineOf({ name, persistent }: StoreSpec): StateEngine {
    const { engine, memoryEngine, scanEngine } = this.#env;
    if (!persistent) return memoryEngine;
    return scannedStores(this.#part).includes(name) ? scanEngine : engine;
  }

  #store(spec: StoreSpec, id: number): CompiledStore {
    const { collector, context, partition, memory, applicationId, defaultKeySerde } = this.#env;
    const { name, caching, logging, persistent } = spec;
    const engine = this.#engineOf(spec);
    const topic = changelogTopicName(applicationId, name);
    const changelog = {
      append: (key: Uint8Array, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void =>
        collector.append(topic, partition, key, value, timestamp, headers),
    };
    const options: TaskStoreOptions = {
      id,
      engine,
      keySerde: this.#serde(spec.keySerde, defaultKeySerde, `store ${name}`),
      valueSerde: this.#valueSerde(spec, `store ${name}`, topic),
      topic,
      // Without memory for caches nothing is cached, as in the JVM.
      caching: caching && memory.recordCache.maxBytes > 0,
      changelog: logging ? changelog : undefined,
      logsHeaders: spec.wrapped === 'subscription',
      memory,
      context,
    };
    const store = this.#storeOf(spec, options);
    const inMemory = !persistent && engine !== this.#env.engine;
    const progress = { lastCloseTime: undefined };
    return { name, id, store, changelogTopic: topic, logging, engine, inMemory, progress };
  }

  #storeOf(
    { name, kind, window, persistent, otherValueSerde = null }: StoreSpec,
    options: TaskStoreOptions,
  ): StateStore {
    if (kind === 'joinWaiting') {
      const other = this.#serde(otherValueSerde, this.#env.defaultValueSerde, `store ${name}`);
      return new JoinWaitingStore({ ...options, otherValueSerde: other });
    }
    if (window === null) return new KeyValueStore(options);
    if (kind === 'session' || window.byKey === true) {
      const span = kind === 'session' ? sessions : windowsOfSize(window.sizeMs);
      const expired = (): void => this.#env.metrics.dropped(name);
      return new SpanStore({ ...options, span, retentionMs: window.retentionMs, inMemory: !persistent, expired });
    }
    return kind === 'join'
      ? new JoinWindowStore({ ...options, ...window, inMemory: !persistent })
      : new WindowStore({ ...options, ...window, inMemory: !persistent });
  }

  #source(node: SourceNode): CompiledSource {
    const keySerde = this.#serde(node.keySerde, this.#env.defaultKeySerde, `source ${node.name}`);
    return {
      node,
      keySerde,
      valueSerde: this.#valueSerde(node, `source ${node.name}`, this.#fullName(node.topics[0] ?? '', node)),
      timestamp: extractorOf(node, this.#program, this.#env.wallClock),
      process: this.#streamChildren(node.name),
      readsAhead: node.timestampExtractor === null ? this.#readsAhead(node.name, keySerde) : [],
    };
  }

  /** Stores that take the keys of a source as they are: their serde is the same. */
  #readsAhead(name: string, keySerde: Serde<unknown>): (KeyValueStore | WindowStore | SpanStore)[] {
    return firstStores(this.#part, name).flatMap((spec) => {
      const compiled = this.#stores.get(spec.name);
      const store = compiled?.store;
      const readsAhead = store instanceof KeyValueStore || store instanceof WindowStore || store instanceof SpanStore;
      return readsAhead && this.#serdeOf(spec.keySerde, this.#env.defaultKeySerde) === keySerde ? [store] : [];
    });
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
    return broadcast(
      this.#children(name).map((child) => {
        invariant(child.kind === 'stream', 'a stream feeds streams');
        return child.run;
      }),
    );
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
        return { kind: 'table', run: tableSelect({ mapper, sendsBoth, isStale: () => false, next }) };
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
    const compiled = this.#stores.get(operation.store ?? '');
    invariant(compiled !== undefined, `the store of ${name} is part of its sub-topology`);
    if ('emit' in operation) {
      const scope = { ...this.#scope, environment: this.#env, next: this.#tableChildren(name) };
      return windowedNode(scope, name, operation, compiled);
    }
    const { store } = compiled;
    invariant(store instanceof KeyValueStore, `the store of ${name} has no windows`);
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
    const { applicationId, collector, context, metrics, defaultKeySerde } = this.#env;
    const topic = node.internal ? internalTopicName(applicationId, node.topic) : node.topic;
    return sinkNode({
      name: node.name,
      topic,
      extract: node.topicExtractor === undefined ? undefined : this.#function(node.topicExtractor.extractor),
      choose: node.partitioner === null ? undefined : this.#function(node.partitioner),
      keySerde: this.#serde(node.keySerde, defaultKeySerde, `sink ${node.name}`),
      valueSerde: this.#valueSerde(node, `sink ${node.name}`, topic),
      collector,
      context,
      metrics,
    });
  }

  #valueSerde(
    { valueSerde, wrapped }: SourceNode | SinkNode | StoreSpec,
    where: string,
    topic: string,
  ): Serde<unknown> {
    const { defaultKeySerde, defaultValueSerde, upgradeFrom } = this.#env;
    if (wrapped === 'subscription') {
      const primaryKey = this.#serde(valueSerde, defaultKeySerde, where);
      return subscription(primaryKey, `${topic}-pk`, isBefore(upgradeFrom, 3, 4) ? 0 : 1) as Serde<unknown>;
    }
    const serde = this.#serde(valueSerde, defaultValueSerde, where);
    if (wrapped === 'change') return change(serde) as Serde<unknown>;
    return wrapped === undefined ? serde : (subscriptionResponse(serde) as Serde<unknown>);
  }

  #serdeOf(ref: SerdeRef | null, fallback: Serde<unknown> | undefined): Serde<unknown> | undefined {
    return ref === null ? fallback : this.#program.serdes[ref];
  }

  #serde(ref: SerdeRef | null, fallback: Serde<unknown> | undefined, where: string): Serde<unknown> {
    const serde = this.#serdeOf(ref, fallback);
    if (serde === undefined) throw millraceError('MR_RUNTIME_SERDE_MISSING', { where });
    return serde;
  }

  #function<F>(ref: string): F {
    const found = this.#program.functions[ref];
    invariant(found !== undefined, `the program has the function ${ref}`);
    return found as F;
  }
}

/** Whether instances of an older version are about: before 3.5 no record carried an old and a new value, before 3.4 no subscription a partition. */
function isBefore(version: string | undefined, major: number, minor: number): boolean {
  if (version === undefined) return false;
  const [ofVersion = 0, ofMinor = 0] = version.split('.').map(Number);
  return ofVersion < major || (ofVersion === major && ofMinor < minor);
}
