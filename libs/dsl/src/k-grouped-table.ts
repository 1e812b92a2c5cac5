import { Serdes } from '@millrace/serde';
import type { Operation } from '@millrace/topology';
import { requireOptions } from './argument.ts';
import type { Graph } from './graph.ts';
import { KTable, type TableState } from './k-table.ts';
import type { Materialized, Named } from './options.ts';
import { storeSpec } from './store-spec.ts';

/** Null deletes the aggregate. */
type Adder<K, V, A> = (key: K, value: V, aggregate: A) => A | null;

/** Rows of a table grouped by another key (JVM: KGroupedTable). A row that changes or moves is subtracted where it was and added where it is. */
export class KGroupedTable<K, V> {
  readonly #at: TableState<K, V>;
  readonly #repartitionName: string | undefined;
  /** The repartition source that all aggregations of a named group share. */
  #source: string | undefined;

  constructor(state: TableState<K, V>, repartitionName: string | undefined) {
    this.#at = state;
    this.#repartitionName = repartitionName;
  }

  /** How many rows each group has. */
  count(materialized: Materialized<K, number> = {}, named: Named = {}): KTable<K, number> {
    requireOptions('count', materialized);
    const withSerde = { value: Serdes.long(), ...materialized };
    return this.aggregate(
      () => 0,
      (_key, _value, count) => count + 1,
      (_key, _value, count) => count - 1,
      withSerde,
      named,
    );
  }

  /** Combines the values of a group; the first one is the first aggregate. `subtractor` takes back what an old value had added. */
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    materialized: Materialized<K, V> = {},
    named: Named = {},
  ): KTable<K, V> {
    requireOptions('reduce', materialized);
    const value = materialized.value ?? this.#at.value;
    const withSerde = { ...materialized, ...(value === undefined ? {} : { value }) };
    return this.#table('KTABLE-REDUCE-', withSerde, named, (graph, name, store) => ({
      type: 'tableReduce',
      store,
      adder: graph.function(name, 'adder', adder),
      subtractor: graph.function(name, 'subtractor', subtractor),
    }));
  }

  /** Folds the rows of a group, beginning with `initializer()`; `subtractor` takes back what a row's old value had added. */
  aggregate<A>(
    initializer: () => A,
    adder: Adder<K, V, A>,
    subtractor: Adder<K, V, A>,
    materialized: Materialized<K, A> = {},
    named: Named = {},
  ): KTable<K, A> {
    return this.#table('KTABLE-AGGREGATE-', materialized, named, (graph, name, store) => ({
      type: 'tableAggregate',
      store,
      initializer: graph.function(name, 'initializer', initializer),
      adder: graph.function(name, 'adder', adder),
      subtractor: graph.function(name, 'subtractor', subtractor),
    }));
  }

  #table<A>(
    prefix: string,
    materialized: Materialized<K, A>,
    named: Named,
    operation: (graph: Graph, name: string, store: string) => Operation,
  ): KTable<K, A> {
    requireOptions(prefix, materialized, named);
    const { name: given } = named;
    const { graph } = this.#at;
    const store = graph.storeName('KTABLE-AGGREGATE-', materialized.name);
    const suffixed = (suffix: string): string | undefined => (given === undefined ? undefined : `${given}${suffix}`);
    const sink = graph.name('KSTREAM-SINK-', suffixed('-sink'));
    const source = graph.name('KSTREAM-SOURCE-', suffixed('-source'));
    const name = graph.name(prefix, given);
    const topic = `${this.#repartitionName ?? store}-repartition`;
    if (this.#source === undefined || this.#repartitionName === undefined) {
      this.#repartition(sink, source, topic);
      this.#source = source;
    }
    const key = materialized.key ?? this.#at.key;
    graph.store(storeSpec(graph, store, { ...materialized, key }, null));
    graph.processor(name, [this.#source], operation(graph, name, store));
    return new KTable({ graph, node: name, key, value: materialized.value });
  }

  #repartition(sink: string, source: string, topic: string): void {
    const { graph, node, key, value } = this.#at;
    const serdes = { keySerde: graph.serde(key), valueSerde: graph.serde(value), wrapped: 'change' as const };
    graph.repartitionTopic({ name: topic, partitions: null });
    graph.node({ kind: 'sink', name: sink, parents: [node], topic, internal: true, ...serdes, partitioner: null });
    graph.node({
      kind: 'source',
      name: source,
      topics: [topic],
      internal: true,
      ...serdes,
      timestampExtractor: null,
      offsetReset: 'earliest',
    });
  }
}
