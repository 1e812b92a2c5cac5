import type { Processor, Program } from '@millrace/topology';
import { GlobalKTable } from './global-k-table.ts';
import { addSource } from './add-source.ts';
import { requireOptions, requireSubscription, requireTopics } from './argument.ts';
import { Graph, type BuildOptions } from './graph.ts';
import { KStream } from './k-stream.ts';
import { KTable } from './k-table.ts';
import type { StoreBuilder } from './stores.ts';
import type { Consumed, Materialized, UnversionedMaterialized } from './options.ts';
import { addGlobalProcessor } from './process.ts';
import { refuseKinds, requireStoreName } from './store-kind.ts';
import { storeSpec } from './store-spec.ts';
import { addTableSource } from './table-source.ts';

/**
 * Where a topology begins, as in Kafka Streams: `stream` and `table` read topics, what follows is chained, `build` gives the program.
 * Node, store and internal topic names are those that the JVM library would give.
 */
export class StreamsBuilder {
  readonly #graph = new Graph();

  /**
   * Reads topics as a stream of records: one, several, or with a regular expression all whose whole names match it. Those are found at start and looked for
   * again every `metadata.max.age.ms`; what is given here holds for all of them.
   *
   * @example builder.stream(/orders-.+/, { key: Serdes.string(), value: order });
   */
  stream<K, V>(topics: string | readonly string[] | RegExp, consumed: Consumed<K, V> = {}): KStream<K, V> {
    requireOptions('stream', consumed);
    const name = this.#graph.name('KSTREAM-SOURCE-', consumed.name);
    addSource(this.#graph, name, requireSubscription(name, topics), consumed);
    this.#graph.streamSource(name);
    return new KStream({ graph: this.#graph, node: name, key: consumed.key, value: consumed.value, rekeyed: false });
  }

  /** Reads a topic as a table: the last value of each key, null deletes. */
  table<K, V>(topic: string, consumed: Consumed<K, V> = {}, materialized: Materialized<K, V> = {}): KTable<K, V> {
    requireOptions('table', consumed, materialized);
    const storeName = this.#graph.storeName(`${topic}-`, materialized.name);
    const source = this.#graph.name(
      'KSTREAM-SOURCE-',
      consumed.name === undefined ? undefined : `${consumed.name}-source`,
    );
    const name = this.#graph.name('KTABLE-SOURCE-', consumed.name);
    requireStoreName(materialized, name);
    addSource(this.#graph, source, { topics: requireTopics(source, topic) }, consumed);
    const spec = storeSpec(this.#graph, storeName, { key: consumed.key, value: consumed.value, ...materialized }, null);
    addTableSource(this.#graph, name, source, spec, materialized.name !== undefined);
    this.#graph.sourceTable(storeName, topic);
    return new KTable({ graph: this.#graph, node: name, key: consumed.key, value: consumed.value });
  }

  /** Adds a store for processors, to be named in their `stores`. The same store may be added again. */
  addStateStore(store: StoreBuilder<unknown>): this {
    this.#graph.stateStore(store);
    return this;
  }

  /** Reads a topic as a table that every instance has whole. Its records change the table and nothing else; it has no changelog. */
  globalTable<K, V>(
    topic: string,
    consumed: Consumed<K, V> = {},
    materialized: UnversionedMaterialized<K, V> = {},
  ): GlobalKTable<K, V> {
    requireOptions('globalTable', consumed, materialized);
    const graph = this.#graph;
    const store = graph.storeName(`${topic}-`, materialized.name);
    refuseKinds(store, materialized, 'it keeps a global table');
    const source = graph.name('KSTREAM-SOURCE-', consumed.name === undefined ? undefined : `${consumed.name}-source`);
    const name = graph.name('KTABLE-SOURCE-', consumed.name);
    addSource(this.#graph, source, { topics: requireTopics(source, topic) }, consumed, true);
    const { key, value } = consumed;
    const spec = storeSpec(graph, store, { key, value, ...materialized, logging: false, caching: false }, null);
    graph.store({ ...spec, sourceTopic: topic }, true);
    graph.processor(name, [source], { type: 'tableSource', store });
    return new GlobalKTable<K, V>({ graph, store, isNamed: materialized.name !== undefined });
  }

  /**
   * A store that a topic fills through a processor, whole in every instance; all processors may read it without being connected. It has no
   * changelog: the topic is one.
   */
  addGlobalStore<K, V>(
    store: StoreBuilder<unknown>,
    topic: string,
    consumed: Consumed<K, V>,
    supplier: () => Processor<K, V>,
  ): this {
    requireOptions('addGlobalStore', consumed);
    const source = this.#graph.name(
      'KSTREAM-SOURCE-',
      consumed.name === undefined ? undefined : `${consumed.name}-source`,
    );
    const name = this.#graph.name('KTABLE-SOURCE-', consumed.name);
    addSource(this.#graph, source, { topics: requireTopics(source, topic) }, consumed, true);
    addGlobalProcessor(this.#graph, { store, topic, source, name, supplier });
    return this;
  }

  /**
   * The program: topology, functions, serdes. Takes what the JVM library's `build(Properties)` takes: the settings of an application may be given as they
   * are (`builder.build(configFromEnv(process.env))`), or the options alone.
   */
  build(options: BuildOptions = {}): Program {
    requireOptions('build', options);
    return this.#graph.program(options);
  }
}
