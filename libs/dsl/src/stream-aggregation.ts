/** What all aggregations of grouped streams have in common: store, repartition topic, node, in the JVM's order of names. */
import type { Serde } from '@millrace/serde';
import type { EmitStrategy, Operation } from '@millrace/topology';
import { requireOptions } from './argument.ts';
import type { Graph } from './graph.ts';
import type { Materialized, Named } from './options.ts';
import { repartition, repartitionNames } from './repartition.ts';
import { storeSpec } from './store-spec.ts';
import type { WindowKind } from './window-kind.ts';

/** A grouped stream's place; aggregations on one named group share its repartition topic. */
export interface GroupedState<K, V> {
  readonly graph: Graph;
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly rekeyed: boolean;
  readonly repartitionName: string | undefined;
}

/** The node behind a repartition topic that is there already. */
export interface SharedSource {
  source?: string;
}

export type Initializer<A> = () => A;
/** Null deletes the aggregate; the next record begins with a new one. */
export type Aggregator<K, V, A> = (key: K, value: V, aggregate: A) => A | null;
export type Reducer<V> = (aggregate: V, value: V) => V | null;
export type Merger<K, A> = (key: K, first: A, second: A) => A | null;

export type AggregateOptions<K, A> = Omit<Materialized<K, A>, 'value'> & { readonly value?: Serde<A> | undefined };

export interface Aggregation<K, A> {
  /** Of the names of store and node. */
  readonly prefix: string;
  readonly materialized: AggregateOptions<K, A>;
  readonly named: Named;
  /** Null: by key alone. */
  readonly windows: WindowKind | null;
  readonly emit?: EmitStrategy;
  readonly operation: (graph: Graph, name: string, store: string) => Operation;
}

/** Store and processor take their names first, then the repartition nodes theirs: the order of the JVM. */
export function addAggregate<K, V, A>(
  at: GroupedState<K, V>,
  shared: SharedSource,
  { prefix, materialized, named, windows, emit, operation }: Aggregation<K, A>,
): { node: string; key: Serde<K> | undefined } {
  requireOptions(prefix, named);
  const { graph } = at;
  const store = graph.storeName(prefix, materialized.name);
  const name = graph.name(prefix, named.name);
  const key = materialized.key ?? at.key;
  const parent = groupedSource(at, shared, store);
  addAggregateStore(graph, store, { ...materialized, key }, windows, emit);
  graph.processor(name, [parent], operation(graph, name, store));
  return { node: name, key };
}

/** The node that an aggregation reads: behind a repartition topic where keys have changed. */
export function groupedSource<K, V>(at: GroupedState<K, V>, shared: SharedSource, store: string): string {
  if (!at.rekeyed) return at.node;
  const { graph, node, key, value, repartitionName } = at;
  const prefix = repartitionName ?? store;
  const names = repartitionNames(graph, prefix);
  if (repartitionName === undefined || shared.source === undefined)
    shared.source = repartition(graph, names, { parent: node, prefix, key, value });
  return shared.source;
}

export function addAggregateStore<K, A>(
  graph: Graph,
  store: string,
  { key, value, ...materialized }: Omit<AggregateOptions<K, A>, 'key'> & { readonly key: Serde<K> | undefined },
  windows: WindowKind | null,
  emit: EmitStrategy = 'onWindowUpdate',
): void {
  const isUncached = emit === 'onWindowClose' && windows?.cachesFinal === false;
  const options = { ...materialized, ...(isUncached ? { caching: false } : {}), key, value };
  const spec = storeSpec(graph, store, options, windows);
  const { window, persistent, kind } = spec;
  // A supplier gives a store of its own order.
  const isTimeOrdered =
    emit === 'onWindowClose' && persistent && kind === 'window' && options.storeRetention === undefined;
  graph.store(isTimeOrdered && window !== null ? { ...spec, window: { ...window, timeOrdered: true } } : spec);
}

/** `count(Materialized)` without a name takes one store index that nobody uses; `count()` does not. */
export function burnForUnnamed<K>(graph: Graph, materialized: Materialized<K, number> | undefined): void {
  requireOptions('count', materialized);
  if (materialized !== undefined && materialized.name === undefined) graph.storeName('KSTREAM-AGGREGATE-');
}

export const zero = (): number => 0;
export const increment = (_key: unknown, _value: unknown, count: number): number => count + 1;

/** A reduction as an aggregation: the first value is the first aggregate. */
export function reducing<K, V>(reducer: Reducer<V>): Aggregator<K, V, V | null> {
  return (_key, value, aggregate) => (aggregate === null ? value : reducer(aggregate, value));
}
