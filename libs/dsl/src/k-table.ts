import type { Serde } from '@millrace/serde';
import { requireName, type ValueTransformer } from '@millrace/topology';
import { refuseArgument, requireOptions } from './argument.ts';
import { addForeignKeyJoin, type ForeignKeyJoinPlan, type TableJoined } from './foreign-key-join.ts';
import { KGroupedTable } from './k-grouped-table.ts';
import type { AnyFunction, Graph } from './graph.ts';
import { KStream } from './k-stream.ts';
import type { Grouped, Materialized, Named, ProcessOptions } from './options.ts';
import { readsOf, requireSupplier } from './process.ts';
import { requireStoreName } from './store-kind.ts';
import { storeSpec } from './store-spec.ts';
import {
  suppressSpec,
  suppressStore,
  type Suppressed,
  type UntilTimeLimit,
  type UntilWindowCloses,
} from './suppressed.ts';
import { derivedTable, suppressedTable } from './table-backing.ts';
import { addTableJoin } from './table-join.ts';

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

  /** For the operators of streams. */
  static stateOf<K, V>(table: KTable<K, V>): TableState<K, V> {
    return table.#at;
  }

  /** The name under which the table can be read from outside; undefined: its store was not named, or it has none. */
  get queryableStoreName(): string | undefined {
    return this.#at.graph.namedStore(this.#at.node);
  }

  /** Rows that the predicate accepts; a row that no longer fits is deleted downstream. Kept in a store only when `materialized` names one. */
  filter(predicate: (key: K, value: V) => boolean, named: Named = {}, materialized?: Materialized<K, V>): KTable<K, V> {
    return this.#filter(predicate, false, named, materialized);
  }

  /** Rows that the predicate refuses. */
  filterNot(
    predicate: (key: K, value: V) => boolean,
    named: Named = {},
    materialized?: Materialized<K, V>,
  ): KTable<K, V> {
    return this.#filter(predicate, true, named, materialized);
  }

  /** A new value for each row; null deletes it. Kept in a store only when `materialized` names one. */
  mapValues<V2>(
    mapper: (value: V, key: K) => V2 | null,
    named: Named = {},
    materialized?: Materialized<K, V2>,
  ): KTable<K, V2> {
    requireOptions('mapValues', named, materialized);
    const { graph, node } = this.#at;
    const key = materialized?.key ?? this.#at.key;
    const value = materialized?.value;
    const store = derivedStore(graph, 'KTABLE-MAPVALUES-', materialized);
    const name = graph.name('KTABLE-MAPVALUES-', named.name);
    const backing = graph.table(name, derivedTable(store, [graph.backing(node)], false));
    const ref = graph.function(name, 'mapper', mapper);
    if (store !== null) graph.store(storeSpec(graph, store, { ...materialized, key, value }, null));
    graph.processor(name, [node], () => ({
      type: 'tableMapValues',
      store,
      ...forgetting(store, materialized),
      mapper: ref,
      sendsOld: backing.sendsOldValues,
    }));
    return new KTable<K, V2>({ graph, node: name, key, value });
  }

  /**
   * A new value for each row, with stores and time at hand; also asked when a row is deleted, with null. `supplier` makes a transformer for
   * each task. Kept in a store only when `materialized` names one.
   */
  transformValues<V2>(
    supplier: () => ValueTransformer<K, V, V2>,
    options: ProcessOptions = {},
    materialized?: Materialized<K, V2>,
  ): KTable<K, V2> {
    requireOptions('transformValues', options, materialized);
    const { graph, node } = this.#at;
    const key = materialized?.key ?? this.#at.key;
    const value = materialized?.value;
    // Without a name no index is taken here (JVM).
    const store =
      materialized?.name === undefined ? null : graph.storeName('KTABLE-TRANSFORMVALUES-', materialized.name);
    const name = graph.name('KTABLE-TRANSFORMVALUES-', options.name);
    const backing = graph.table(name, derivedTable(store, [graph.backing(node)], false));
    const ref = graph.function(name, 'supplier', requireSupplier(name, supplier, 'transform'));
    const reads = readsOf(graph, options);
    if (store !== null) graph.store(storeSpec(graph, store, { ...materialized, key, value }, null));
    const kept = { store, ...forgetting(store, materialized) };
    const operation = { type: 'tableTransformValues', ...kept, supplier: ref, reads } as const;
    graph.processor(name, [node], () => ({ ...operation, sendsOld: backing.sendsOldValues }));
    return new KTable<K, V2>({ graph, node: name, key, value });
  }

  /** The changes of the table as records under the keys that the mapper gives. */
  toStream<K2>(mapper: (key: K, value: V) => K2, named?: Named): KStream<K2, V>;
  /** The changes of the table as records; a row that was deleted is a null value. */
  toStream(named?: Named): KStream<K, V>;
  toStream<K2>(first: Named | ((key: K, value: V) => K2) = {}, second: Named = {}): KStream<K, V> | KStream<K2, V> {
    const { graph, node, key, value } = this.#at;
    const [mapper, named] = isMapper(first) ? [first, second] : [undefined, first];
    requireOptions('toStream', named);
    const name = graph.name('KTABLE-TOSTREAM-', named.name);
    graph.processor(name, [node], { type: 'tableToStream' });
    const stream = new KStream({ graph, node: name, key, value, rekeyed: false });
    return mapper === undefined ? stream : stream.selectKey(mapper);
  }

  /** Rows that both tables have, joined by key: a change of either side gives the joined row anew, or deletes it. */
  join<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2) => R | null,
    named: Named = {},
    materialized?: Materialized<K, R>,
  ): KTable<K, R> {
    return this.#join('inner', other, joiner, named, materialized);
  }

  /** All rows of this table, with those of the other where it has them. */
  leftJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V, right: V2 | null) => R | null,
    named: Named = {},
    materialized?: Materialized<K, R>,
  ): KTable<K, R> {
    return this.#join('left', other, joiner, named, materialized);
  }

  /** All rows that at least one of the tables has. */
  outerJoin<V2, R>(
    other: KTable<K, V2>,
    joiner: (left: V | null, right: V2 | null) => R | null,
    named: Named = {},
    materialized?: Materialized<K, R>,
  ): KTable<K, R> {
    return this.#join('outer', other, joiner, named, materialized);
  }

  /**
   * Joins each row with the row of another table that its foreign key names (KIP-213). Several rows may name the same one; a change of either side gives
   * their joined rows anew. Rows without a foreign key give nothing.
   * @example orders.joinOnForeignKey(customers, (order) => order.customerId, (order, customer) => ({ ...order, customer }))
   */
  joinOnForeignKey<FK, FV, R>(
    other: KTable<FK, FV>,
    extractor: (value: V, key: K) => FK | null,
    joiner: (left: V, right: FV) => R | null,
    joined: TableJoined<K, FK> = {},
    materialized: Materialized<K, R> = {},
  ): KTable<K, R> {
    return this.#foreignKeyJoin(false, other, { extractor, joiner, joined, materialized });
  }

  /** As joinOnForeignKey; rows whose foreign key is null or names no row are joined with null. */
  leftJoinOnForeignKey<FK, FV, R>(
    other: KTable<FK, FV>,
    extractor: (value: V, key: K) => FK | null,
    joiner: (left: V, right: FV | null) => R | null,
    joined: TableJoined<K, FK> = {},
    materialized: Materialized<K, R> = {},
  ): KTable<K, R> {
    return this.#foreignKeyJoin(true, other, { extractor, joiner, joined, materialized });
  }

  /**
   * Holds changes back until a time limit, or until the windows of the table have closed, and sends the last one of each key.
   * @example table.suppress({ until: 'timeLimit', timeLimit: '10m' })
   * @throws MR_TOPOLOGY_WINDOW when the table has no windows that could close
   */
  suppress(suppressed: Suppressed<K>): KTable<K, V> {
    const { graph, node, key, value } = this.#at;
    requireOptions('suppress', suppressed, suppressed?.buffer);
    const given: UntilWindowCloses | UntilTimeLimit = suppressed;
    const name = given.name === undefined ? graph.name('KTABLE-SUPPRESS-') : requireName(given.name, 'processor');
    const spec = suppressSpec(graph, node, given);
    const store = given.name === undefined ? graph.storeName('KTABLE-SUPPRESS-') : `${given.name}-store`;
    const parent = graph.backing(node);
    parent.sendOldValues(true);
    graph.table(name, suppressedTable(store, parent));
    const serdes = { keySerde: graph.serde(key), valueSerde: graph.serde(value) };
    graph.store(suppressStore(store, serdes, given.buffer ?? {}));
    graph.processor(name, [node], { type: 'tableSuppress', store, suppress: spec });
    return new KTable({ graph, node: name, key, value });
  }

  /** Groups rows by a new key: a changed row is subtracted where it was and added where it is. */
  groupBy<K2, V2>(
    mapper: (key: K, value: V) => readonly [K2, V2],
    grouped: Grouped<K2, V2> = {},
  ): KGroupedTable<K2, V2> {
    requireOptions('groupBy', grouped);
    const { graph, node } = this.#at;
    const name = graph.name('KTABLE-SELECT-', grouped.name);
    graph.backing(node).sendOldValues(true);
    graph.processor(name, [node], { type: 'tableSelect', mapper: graph.function(name, 'mapper', mapper) });
    return new KGroupedTable<K2, V2>({ graph, node: name, key: grouped.key, value: grouped.value }, grouped.name);
  }

  /** Where the other side of a join stands. */
  #met<K2, V2>(other: KTable<K2, V2>): TableState<K2, V2> {
    const { graph, node } = this.#at;
    if (!(other instanceof KTable)) refuseArgument(`a join of '${node}'`, 'the other side', 'a table', other);
    graph.requireSame(other.#at, node);
    return other.#at;
  }

  #foreignKeyJoin<FK, FV, R>(
    isLeft: boolean,
    other: KTable<FK, FV>,
    plan: Omit<ForeignKeyJoinPlan<K, V, FK, FV, R>, 'isLeft' | 'left' | 'right'>,
  ): KTable<K, R> {
    requireOptions('a foreign-key join', plan.joined, plan.materialized);
    const { graph, key } = this.#at;
    const node = addForeignKeyJoin(graph, { isLeft, left: this.#at, right: this.#met(other), ...plan });
    return new KTable<K, R>({ graph, node, key: plan.materialized.key ?? key, value: plan.materialized.value });
  }

  #join<V2, R>(
    join: 'inner' | 'left' | 'outer',
    other: KTable<K, V2>,
    joiner: AnyFunction,
    named: Named,
    materialized: Materialized<K, R> | undefined,
  ): KTable<K, R> {
    requireOptions('a join', named, materialized);
    const { name } = named;
    const { graph, node: left } = this.#at;
    const key = materialized?.key ?? this.#at.key;
    const node = addTableJoin(graph, { join, left, right: this.#met(other).node, key, joiner, name, materialized });
    return new KTable<K, R>({ graph, node, key, value: materialized?.value });
  }

  #filter(
    predicate: (key: K, value: V) => boolean,
    negate: boolean,
    named: Named,
    materialized: Materialized<K, V> | undefined,
  ): KTable<K, V> {
    requireOptions('filter', named, materialized);
    const { graph, node } = this.#at;
    const key = materialized?.key ?? this.#at.key;
    const value = materialized?.value ?? this.#at.value;
    const store = derivedStore(graph, 'KTABLE-FILTER-', materialized);
    const name = graph.name('KTABLE-FILTER-', named.name);
    const parent = graph.backing(node);
    // Where the table before is kept anyway, its old values save tombstones for rows that nobody has seen.
    const backing = graph.table(name, derivedTable(store, [parent], parent.sendOldValues(false)));
    const ref = graph.function(name, 'predicate', predicate);
    if (store !== null) graph.store(storeSpec(graph, store, { ...materialized, key, value }, null));
    graph.processor(name, [node], () => ({
      type: 'tableFilter',
      store,
      ...forgetting(store, materialized),
      predicate: ref,
      negate,
      sendsOld: backing.sendsOldValues,
    }));
    return new KTable({ graph, node: name, key, value });
  }
}

/** The store that a computed table is to have. `Materialized` without a name makes none, but takes an index (JVM). */
function derivedStore<K, V>(graph: Graph, prefix: string, materialized: Materialized<K, V> | undefined): string | null {
  if (materialized === undefined) return null;
  requireStoreName(materialized, prefix);
  const name = graph.storeName(prefix, materialized.name);
  return materialized.name === undefined ? null : name;
}

/** With `Materialized` a table forgets versions, even when that names no store (JVM). */
function forgetting<K, V>(
  store: string | null,
  materialized: Materialized<K, V> | undefined,
): { forgetsVersions?: boolean } {
  return store === null && materialized !== undefined ? { forgetsVersions: true } : {};
}

function isMapper<F extends (...args: never[]) => unknown>(given: object | F): given is F {
  return typeof given === 'function';
}
