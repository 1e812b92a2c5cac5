import { Serdes, change, type Serde } from '@millrace/serde';
import type { Graph } from './graph.ts';
import { KStream } from './k-stream.ts';
import type { Grouped, Materialized, Named } from './options.ts';
import { storeSpec } from './store-spec.ts';

/** Where a table stands. */
export interface TableState<K, V> {
  readonly graph: Graph;
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
}

/** A table that changes: the current value of each key (JVM: KTable). */
export class KTable<K, V> {
  readonly #at: TableState<K, V>;

  constructor(state: TableState<K, V>) {
    this.#at = state;
  }

  /** Rows that the predicate accepts; a row that no longer fits is deleted downstream. */
  filter(predicate: (key: K, value: V) => boolean, named: Named = {}): KTable<K, V> {
    return this.#filter(predicate, false, named);
  }

  filterNot(predicate: (key: K, value: V) => boolean, named: Named = {}): KTable<K, V> {
    return this.#filter(predicate, true, named);
  }

  mapValues<V2>(mapper: (value: V, key: K) => V2, named: Named = {}): KTable<K, V2> {
    const { graph, node, key } = this.#at;
    const name = graph.name('KTABLE-MAPVALUES-', named.name);
    graph.processor(name, [node], {
      type: 'tableMapValues',
      store: null,
      mapper: graph.function(name, 'mapper', mapper),
    });
    return new KTable<K, V2>({ graph, node: name, key, value: undefined });
  }

  /** The changes of the table as records. */
  toStream(named: Named = {}): KStream<K, V> {
    const { graph, node, key, value } = this.#at;
    const name = graph.name('KTABLE-TOSTREAM-', named.name);
    graph.processor(name, [node], { type: 'tableToStream' });
    return new KStream({ graph, node: name, key, value, rekeyed: false });
  }

  /** Groups rows by a new key: a changed row is subtracted where it was and added where it is. */
  groupBy<K2, V2>(
    mapper: (key: K, value: V) => readonly [K2, V2],
    grouped: Grouped<K2, V2> = {},
  ): KGroupedTable<K2, V2> {
    const { graph, node } = this.#at;
    const name = graph.name('KTABLE-SELECT-', grouped.name);
    graph.processor(name, [node], { type: 'tableSelect', mapper: graph.function(name, 'mapper', mapper) });
    return new KGroupedTable<K2, V2>({ graph, node: name, key: grouped.key, value: grouped.value }, grouped.name);
  }

  #filter(predicate: (key: K, value: V) => boolean, negate: boolean, named: Named): KTable<K, V> {
    const { graph, node } = this.#at;
    const name = graph.name('KTABLE-FILTER-', named.name);
    graph.processor(name, [node], {
      type: 'tableFilter',
      store: null,
      predicate: graph.function(name, 'predicate', predicate),
      negate,
    });
    return new KTable({ ...this.#at, node: name });
  }
}

/** Rows of a table grouped by another key (JVM: KGroupedTable). */
export class KGroupedTable<K, V> {
  readonly #at: TableState<K, V>;
  readonly #repartitionName: string | undefined;

  constructor(state: TableState<K, V>, repartitionName: string | undefined) {
    this.#at = state;
    this.#repartitionName = repartitionName;
  }

  count(materialized: Materialized<K, number> = {}): KTable<K, number> {
    return this.aggregate(
      () => 0,
      (_key, _value, count) => count + 1,
      (_key, _value, count) => count - 1,
      { value: Serdes.long(), ...materialized },
    );
  }

  /** Folds the rows of a group; `subtractor` takes back what a row's old value had added. */
  aggregate<A>(
    initializer: () => A,
    adder: (key: K, value: V, aggregate: A) => A,
    subtractor: (key: K, value: V, aggregate: A) => A,
    materialized: Materialized<K, A> = {},
  ): KTable<K, A> {
    const { graph, node, value } = this.#at;
    const store = graph.storeName('KTABLE-AGGREGATE-', materialized.name);
    const sink = graph.name('KSTREAM-SINK-');
    const source = graph.name('KSTREAM-SOURCE-');
    const name = graph.name('KTABLE-AGGREGATE-');
    const topic = `${this.#repartitionName ?? store}-repartition`;
    const keySerde = graph.serde(this.#at.key);
    const valueSerde = graph.serde(value === undefined ? undefined : change(value));
    graph.repartitionTopic({ name: topic, partitions: null });
    graph.node({
      kind: 'sink',
      name: sink,
      parents: [node],
      topic,
      internal: true,
      keySerde,
      valueSerde,
      partitioner: null,
    });
    graph.node({
      kind: 'source',
      name: source,
      topics: [topic],
      internal: true,
      keySerde,
      valueSerde,
      timestampExtractor: null,
      offsetReset: 'earliest',
    });
    const key = materialized.key ?? this.#at.key;
    graph.store(storeSpec(graph, store, { ...materialized, ...(key ? { key } : {}) }, null));
    graph.processor(name, [source], {
      type: 'tableAggregate',
      store,
      initializer: graph.function(name, 'initializer', initializer),
      adder: graph.function(name, 'adder', adder),
      subtractor: graph.function(name, 'subtractor', subtractor),
    });
    return new KTable({ graph, node: name, key, value: materialized.value });
  }
}
