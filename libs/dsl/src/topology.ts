import { millraceError } from '@millrace/base';
import { requireName, type Processor, type Program } from '@millrace/topology';
import { addSource } from './add-source.ts';
import { refuseArgument, requireOptions, requireStoreBuilder, requireSubscription, requireTopics } from './argument.ts';
import { Graph } from './graph.ts';
import type { Consumed, ProcessOptions, Produced, TopicNameExtractor } from './options.ts';
import { addGlobalProcessor, readsOf, requireSupplier } from './process.ts';
import { sinkTopic } from './sink-topic.ts';
import type { StoreBuilder } from './stores.ts';

/** What a node is fed by: the names of sources and processors that were added before. */
export interface Parents {
  /** One name or several; each was added before. */
  readonly parents: string | readonly string[];
}

/** How a source reads its topics. */
export type SourceOptions<K, V> = Omit<Consumed<K, V>, 'name'>;
/** How a sink writes, and what feeds it. */
export type SinkOptions<K, V> = Omit<Produced<K, V>, 'name'> & Parents;

/** How a topic fills a store of its own: the source that reads it and the processor that writes the store. */
export interface StoreSource<K, V> extends SourceOptions<K, V> {
  /** The topic that fills the store; its configuration should keep every key (`cleanup.policy=compact`). */
  readonly topic: string;
  /** Name of the source. */
  readonly source: string;
  /** Name of the processor. */
  readonly processor: string;
}

/**
 * A topology of processors, node by node (JVM: Topology): every node has a name, and says which nodes feed it. A supplier makes one
 * processor for each task. Serdes that are not given are the configured ones.
 * @example
 * const topology = new Topology()
 *   .addSource('lines', 'text', { key: Serdes.string(), value: Serdes.string() })
 *   .addProcessor('upper', () => new Upper(), { parents: 'lines' })
 *   .addSink('loud', 'shouted', { parents: 'upper', key: Serdes.string(), value: Serdes.string() });
 */
export class Topology {
  readonly #graph = new Graph();
  /** Stores by processor. */
  readonly #connected = new Map<string, string[]>();
  /** Sources and processors: what can feed others. */
  readonly #feeding = new Set<string>();

  /** Reads topics: one, several, or with a regular expression all whose whole names match it, also those that come later. */
  addSource<K, V>(name: string, topics: string | readonly string[] | RegExp, options: SourceOptions<K, V> = {}): this {
    requireOptions('addSource', options);
    addSource(this.#graph, name, requireSubscription(name, topics), options);
    this.#feeding.add(name);
    return this;
  }

  /** Adds a processor, with the stores that it uses. Throws MR_TOPOLOGY_PARENT_UNKNOWN for parents that were not added before. */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    supplier: () => Processor<KIn, VIn, KOut, VOut>,
    options: Parents & Pick<ProcessOptions, 'stores'>,
  ): this {
    const { parents } = requireFed('addProcessor', options);
    const reads: string[] = [];
    const above = this.#parents(name, parents);
    const ref = this.#graph.function(requireName(name, 'processor'), 'supplier', requireSupplier(name, supplier));
    this.#graph.processor(name, above, () => ({ type: 'process', supplier: ref, reads: [...reads] }));
    reads.push(...readsOf(this.#graph, options));
    this.#connected.set(name, reads);
    this.#feeding.add(name);
    return this;
  }

  /** Writes to a topic, which must exist, or to the one that is chosen for each record. */
  addSink<K, V>(name: string, topic: string | TopicNameExtractor<K, V>, options: SinkOptions<K, V>): this {
    const { parents, key, value, partitioner } = requireFed('addSink', options);
    this.#graph.node({
      kind: 'sink',
      name: requireName(name, 'processor'),
      parents: this.#parents(name, parents),
      ...sinkTopic(this.#graph, name, topic),
      internal: false,
      keySerde: this.#graph.serde(key),
      valueSerde: this.#graph.serde(value),
      partitioner: partitioner === undefined ? null : this.#graph.function(name, 'partitioner', partitioner),
    });
    return this;
  }

  /** Adds a store and connects processors with it. */
  addStateStore(store: StoreBuilder<unknown>, ...processors: readonly string[]): this {
    this.#graph.stateStore(store);
    for (const processor of processors) this.connectProcessorAndStateStores(processor, store.name);
    return this;
  }

  /** Lets a processor use stores. Processors that share a store are in one sub-topology. */
  connectProcessorAndStateStores(processor: string, ...stores: readonly string[]): this {
    const reads = this.#connected.get(processor);
    if (reads === undefined) throw millraceError('MR_TOPOLOGY_PROCESSOR_UNKNOWN', { name: processor });
    if (stores.length === 0) refuseArgument(processor, 'stores', 'at least one', stores);
    for (const store of stores) if (!reads.includes(this.#graph.requireOwnStore(store))) reads.push(store);
    return this;
  }

  /**
   * A store that a topic fills, for each task from its own partition; other processors only read it. It needs no changelog: the topic is one.
   */
  addReadOnlyStateStore<K, V>(
    store: StoreBuilder<unknown>,
    from: StoreSource<K, V>,
    supplier: () => Processor<K, V>,
  ): this {
    requireStoreBuilder(store);
    const { topic, source, processor, ...options } = requireGiven('addReadOnlyStateStore', from);
    this.addSource(source, topic, { offsetReset: 'earliest', ...options });
    this.addProcessor(processor, supplier, { parents: source });
    this.#graph.store({ ...store.spec(this.#graph), logging: false, sourceTopic: topic });
    return this.connectProcessorAndStateStores(processor, store.name);
  }

  /** A store that a topic fills, whole in every instance; all processors may read it without being connected. */
  addGlobalStore<K, V>(store: StoreBuilder<unknown>, from: StoreSource<K, V>, supplier: () => Processor<K, V>): this {
    requireStoreBuilder(store);
    const { topic, source, processor, ...options } = requireGiven('addGlobalStore', from);
    addSource(this.#graph, source, { topics: requireTopics(source, topic) }, options, true);
    addGlobalProcessor(this.#graph, {
      store,
      topic,
      source,
      name: requireName(processor, 'processor'),
      supplier,
    });
    return this;
  }

  /** The program: topology, functions, serdes. */
  build(): Program {
    return this.#graph.program();
  }

  #parents(name: string, parents: string | readonly string[]): readonly string[] {
    const names = typeof parents === 'string' ? [parents] : parents;
    if (names.length === 0) throw millraceError('MR_TOPOLOGY_PARENT_UNKNOWN', { name, parent: '' });
    for (const parent of names)
      if (!this.#feeding.has(parent)) throw millraceError('MR_TOPOLOGY_PARENT_UNKNOWN', { name, parent });
    return names;
  }
}

function requireGiven<T extends object>(where: string, options: T): T {
  requireOptions(where, options ?? null);
  return options;
}

/** Options of a node that others feed. */
function requireFed<T extends Parents>(where: string, options: T): T {
  const { parents } = requireGiven(where, options);
  if (typeof parents !== 'string' && !Array.isArray(parents))
    refuseArgument(where, 'parents', 'a name or a list of names', parents);
  return options;
}
