/**
 * What the builder's streams and tables write into: nodes in the order of building, with Kafka Streams' names. One counter, ten digits;
 * some calls take an index without using it, because the JVM's do (kafka-streams 3.1): names are bytes, they decide topics and partitions.
 */
import { millraceError } from '@millrace/base';
import type { Serde } from '@millrace/serde';
import {
  requireName,
  storesOf,
  type FunctionRef,
  type Operation,
  type Program,
  type RepartitionTopicSpec,
  type SerdeRef,
  type StoreSpec,
  type TopologyNode,
} from '@millrace/topology';
import { requireFunction, requireSerde, requireStoreBuilder } from './argument.ts';
import { requireExplicitNames } from './explicit-names.ts';
import { foldSelfJoins, keepNullKeys } from './join-passes.ts';
import { mergeRepartitions } from './merge-repartitions.ts';
import { mergeSources } from './merge-sources.ts';
import { keptTable, type TableBacking } from './table-backing.ts';
import { checkVersioned } from './versioned-checks.ts';

/** What Kafka Streams calls `topology.optimization`. */
export interface BuildOptions {
  /** Rules that change the layout of the topology, and with it the internal topics. @default 'none' */
  readonly topologyOptimization?: 'none' | 'all' | readonly TopologyOptimization[];
  /**
   * `dsl.store.format` (KIP-1271). What can be told from outside concerns sessions: with `HEADERS` their updates carry no headers, and the tombstones of
   * merged sessions carry the record's in the changelog.
   * @default 'DEFAULT'
   */
  readonly dslStoreFormat?: 'DEFAULT' | 'HEADERS';
  /** Refuses stores and internal topics that the user has not named (KIP-1111). @default false */
  readonly ensureExplicitInternalResourceNaming?: boolean;
  /**
   * `__enable.process.processValue.fix__` (KAFKA-19668). With `merge.repartition.topics` a repartition topic is moved in front of `process` and `processValues`, back
   * to the step that changed the keys before: as the JVM library does, and wrong where the processor changes keys. True: it stays behind them.
   * @default false
   */
  readonly enableProcessProcessValueFix?: boolean;
}

/** One rule of `topology.optimization`, with the JVM library's name. */
export type TopologyOptimization = 'reuse.ktable.source.topics' | 'merge.repartition.topics' | 'single.store.self.join';

/** An operation, or how it is found when everything that follows is known. */
export type OperationOf = Operation | (() => Operation);

/** Any function of a user; the operations know its real shape. */
export type AnyFunction = (...args: never[]) => unknown;

/** What makes a store, see `Stores`. */
interface StateStoreBuilder {
  readonly name: string;
  spec(graph: Graph): StoreSpec;
}

export class Graph {
  readonly #nodes: TopologyNode[] = [];
  /** Operations that depend on what follows. */
  readonly #open = new Map<string, () => Operation>();
  readonly #stores = new Map<string, StoreSpec>();
  readonly #unneeded: (() => string | undefined)[] = [];
  readonly #builders = new Map<string, StateStoreBuilder>();
  readonly #tables = new Map<string, TableBacking>();
  readonly #repartitionTopics = new Map<string, RepartitionTopicSpec>();
  readonly #copartitions: (readonly string[])[] = [];
  readonly #fixedTopics = new Set<string>();
  readonly #namedStores = new Set<string>();
  readonly #globalStores = new Set<string>();
  readonly #streamSources = new Set<string>();
  /** Stores of tables that are read from a topic -> that topic. */
  readonly #sourceTables = new Map<string, string>();
  readonly #functions: Record<FunctionRef, AnyFunction> = {};
  readonly #serdes: Record<SerdeRef, Serde<unknown>> = {};
  readonly #serdeRefs = new Map<Serde<unknown>, SerdeRef>();
  #counter = 0;

  /** `<prefix><index>`, or the user's name; takes an index either way. */
  name(prefix: string, given?: string): string {
    const index = String(this.#counter++).padStart(10, '0');
    return given === undefined ? `${prefix}${index}` : requireName(given, 'processor');
  }

  /** A store's name; the index is taken only when the user gave none. */
  storeName(prefix: string, given?: string): string {
    if (given === undefined) return this.name(`${prefix}STATE-STORE-`);
    this.#namedStores.add(requireName(given, 'store'));
    return given;
  }

  /** The store of a node's table, if a user named it. */
  namedStore(node: string): string | undefined {
    const { store } = this.backing(node);
    return store !== null && this.#namedStores.has(store) ? store : undefined;
  }

  node(node: TopologyNode): void {
    if (this.#nodes.some(({ name }) => name === node.name))
      throw millraceError('MR_TOPOLOGY_DUPLICATE', { what: 'node', name: node.name });
    this.#nodes.push(node);
  }

  /** A source of a stream: others that read the same topics join it. */
  streamSource(name: string): void {
    this.#streamSources.add(name);
  }

  /** A store that has the last values of a topic: with topology.optimization the topic is its changelog. */
  sourceTable(store: string, topic: string): void {
    this.#sourceTables.set(store, topic);
  }

  processor(name: string, parents: readonly string[], operation: OperationOf): void {
    const isOpen = typeof operation === 'function';
    if (isOpen) this.#open.set(name, operation);
    this.node({ kind: 'processor', name, parents, operation: isOpen ? operation() : operation });
  }

  /** A node by its name. */
  find(name: string): TopologyNode | undefined {
    return this.#nodes.find((node) => node.name === name);
  }

  /** Says how the table of a node is kept. */
  table(node: string, backing: TableBacking): TableBacking {
    this.#tables.set(node, backing);
    return backing;
  }

  /** How the table of a node is kept; aggregations always keep theirs. */
  backing(node: string): TableBacking {
    const known = this.#tables.get(node);
    if (known !== undefined) return known;
    const found = this.find(node);
    return this.table(node, keptTable(found === undefined ? [] : storesOf(found)));
  }

  /** A global store is connected with no processor. */
  store(store: StoreSpec, isGlobal = false): void {
    if (this.#stores.has(store.name)) throw millraceError('MR_TOPOLOGY_DUPLICATE', { what: 'store', name: store.name });
    this.#stores.set(store.name, store);
    if (isGlobal) this.#globalStores.add(store.name);
  }

  /** A store as a processor declares it; the same declaration may come again, as with the JVM library's store builders. */
  stateStore(builder: StateStoreBuilder): void {
    requireStoreBuilder(builder);
    if (this.#builders.get(builder.name) === builder) return;
    this.store(builder.spec(this));
    this.#builders.set(builder.name, builder);
  }

  /** The name of a store that was added. Throws MR_TOPOLOGY_STORE_UNKNOWN. */
  requireStore(name: string): string {
    if (!this.#stores.has(name)) throw millraceError('MR_TOPOLOGY_STORE_UNKNOWN', { name });
    return name;
  }

  isGlobal(store: string): boolean {
    return this.#globalStores.has(store);
  }

  /** As `requireStore`. Throws MR_TOPOLOGY_STORE_GLOBAL for a global one, which all may read. */
  requireOwnStore(name: string): string {
    if (this.#globalStores.has(name)) throw millraceError('MR_TOPOLOGY_STORE_GLOBAL', { name });
    return this.requireStore(name);
  }

  /** A store that is there only if somebody turns out to need it. */
  storeIfNeeded(store: StoreSpec, isNeeded: () => boolean): void {
    this.store(store);
    this.#unneeded.push(() => (isNeeded() ? undefined : store.name));
  }

  /** `isFixed`: the user has asked for this very topic. */
  repartitionTopic(topic: RepartitionTopicSpec, isFixed = false): void {
    this.#repartitionTopics.set(topic.name, topic);
    if (isFixed) this.#fixedTopics.add(topic.name);
  }

  /** Throws MR_TOPOLOGY_OTHER_BUILDER where another builder's stream or table comes in. */
  requireSame(other: { readonly graph: Graph; readonly node?: string }, node: string): void {
    if (other.graph !== this)
      throw millraceError('MR_TOPOLOGY_OTHER_BUILDER', { node, other: other.node ?? 'a table' });
  }

  /** What is joined here must be split alike: the sources that nodes come from. */
  copartition(...nodes: readonly string[]): void {
    const sources = new Set(nodes.flatMap((node) => this.#sourcesOf(node)));
    if (sources.size > 0) this.#copartitions.push([...sources]);
  }

  #sourcesOf(name: string): readonly string[] {
    const node = this.#nodes.find((one) => one.name === name);
    if (node === undefined || node.kind === 'source') return [name];
    // What was suppressed or cogrouped has forgotten its sources (JVM).
    if (node.kind === 'processor' && ['tableSuppress', 'tableMerge'].includes(node.operation.type)) return [];
    return node.parents.flatMap((parent) => this.#sourcesOf(parent));
  }

  /** Puts a function under `<node>.<role>`; `mayWait`: it may give a promise. */
  function(node: string, role: string, run: AnyFunction, mayWait = false): FunctionRef {
    const ref = `${node}.${role}`;
    this.#functions[ref] = requireFunction(node, role, run, mayWait);
    return ref;
  }

  /** Puts a serde under its name; another serde of the same name gets a number. */
  serde(serde: Serde<unknown> | undefined): SerdeRef | null {
    if (serde === undefined) return null;
    requireSerde(serde);
    const known = this.#serdeRefs.get(serde);
    if (known !== undefined) return known;
    let ref = serde.name;
    for (let n = 2; ref in this.#serdes; n++) ref = `${serde.name}#${n}`;
    this.#serdes[ref] = serde;
    this.#serdeRefs.set(serde, ref);
    return ref;
  }

  program({
    topologyOptimization = 'none',
    dslStoreFormat = 'DEFAULT',
    ensureExplicitInternalResourceNaming: isExplicit = false,
    enableProcessProcessValueFix: fixesProcessors = false,
  }: BuildOptions = {}): Program {
    if (!this.#nodes.some(({ kind }) => kind === 'source')) throw millraceError('MR_TOPOLOGY_EMPTY', {});
    const follows = (rule: TopologyOptimization): boolean =>
      topologyOptimization === 'all' || topologyOptimization.includes(rule);
    const asWritten = this.#nodes.map((node) => this.#settled(node));
    const sources = mergeSources(asWritten, (name) => this.#streamSources.has(name));
    const merged = follows('merge.repartition.topics')
      ? mergeRepartitions(sources.nodes, { isFixed: (topic) => this.#fixedTopics.has(topic), fixesProcessors })
      : { nodes: sources.nodes, goneTopics: new Set<string>(), rename: new Map<string, string>() };
    const folded = follows('single.store.self.join') ? foldSelfJoins(merged.nodes) : merged.nodes;
    const nodes = keepNullKeys(folded);
    const renamed = (name: string): string => {
      const kept = sources.rename.get(name) ?? name;
      return merged.rename.get(kept) ?? kept;
    };
    const stores = this.#neededStores(nodes, follows('reuse.ktable.source.topics'));
    checkVersioned(nodes, stores);
    const repartitionTopics = [...this.#repartitionTopics.values()].filter(({ name }) => !merged.goneTopics.has(name));
    if (isExplicit) requireExplicitNames({ stores, repartitionTopics });
    return {
      topology: {
        nodes,
        stores: dslStoreFormat === 'HEADERS' ? stores.map(withHeaders) : stores,
        repartitionTopics,
        copartitions: this.#copartitions.map((group) => [...new Set(group.map(renamed))]),
      },
      functions: this.#functions,
      serdes: this.#serdes,
    };
  }

  #settled(node: TopologyNode): TopologyNode {
    const operation = this.#open.get(node.name);
    return node.kind === 'processor' && operation !== undefined ? { ...node, operation: operation() } : node;
  }

  /** In the order of the nodes that use them first: the order in which the JVM flushes them. */
  #neededStores(nodes: readonly TopologyNode[], reusesSources: boolean): StoreSpec[] {
    const unneeded = new Set(this.#unneeded.map((find) => find()));
    const used = new Set(nodes.flatMap(storesOf));
    return [...new Set([...used, ...this.#stores.keys()])].flatMap((name) => {
      const store = this.#stores.get(name);
      // A join of a stream with itself may have left stores behind.
      const isLeft = !used.has(name) && (store?.kind === 'join' || store?.kind === 'joinWaiting');
      if (store === undefined || isLeft || unneeded.has(name)) return [];
      const sourceTopic = reusesSources ? this.#sourceTables.get(name) : undefined;
      return [sourceTopic === undefined ? store : { ...store, logging: false, sourceTopic }];
    });
  }
}

/** Stores of the DSL on disk: in memory there is no such format (JVM), and those that a processor declares are what it says. */
function withHeaders(store: StoreSpec): StoreSpec {
  const isKept = ['session', 'keyValue', 'window', 'join'].includes(store.kind);
  return isKept && store.persistent && store.timestamped === undefined ? { ...store, headersFormat: true } : store;
}
