import { Serdes, timeWindowed, type Serde, type Windowed } from '@millrace/serde';
import type { EmitStrategy, Operation, TimeWindowsSpec } from '@millrace/topology';
import type { AnyFunction, Graph } from './graph.ts';
import { KTable } from './k-table.ts';
import type { Materialized } from './options.ts';
import { repartition, repartitionNames } from './repartition.ts';
import { storeSpec } from './store-spec.ts';
import type { TimeWindows } from './time-windows.ts';

/** A grouped stream's place; aggregations on one named group share its repartition topic. */
export interface GroupedState<K, V> {
  readonly graph: Graph;
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly rekeyed: boolean;
  readonly repartitionName: string | undefined;
}

type Initializer<A> = () => A;
type Aggregator<K, V, A> = (key: K, value: V, aggregate: A) => A;
type Reducer<V> = (aggregate: V, value: V) => V;

/** Records grouped by key (JVM: KGroupedStream). */
export class KGroupedStream<K, V> {
  readonly #at: GroupedState<K, V>;
  readonly #shared: { source?: string } = {};

  constructor(state: GroupedState<K, V>) {
    this.#at = state;
  }

  /** How many records each key has had. */
  count(materialized?: Materialized<K, number>): KTable<K, number> {
    burnForUnnamed(this.#at.graph, materialized);
    return this.aggregate(zero, increment, { value: Serdes.long(), ...materialized });
  }

  /** Combines the values of a key; the first one is the first aggregate. */
  reduce(reducer: Reducer<V>, materialized: Materialized<K, V> = {}): KTable<K, V> {
    const value = materialized.value ?? this.#at.value;
    const { node, key } = addAggregate(
      this.#at,
      this.#shared,
      'KSTREAM-REDUCE-',
      { ...materialized, value },
      null,
      (graph, name, store) => ({
        type: 'streamReduce',
        store,
        reducer: graph.function(name, 'reducer', reducer),
      }),
    );
    return new KTable({ graph: this.#at.graph, node, key, value });
  }

  /** Folds the records of a key, beginning with `initializer()`. A null aggregate deletes the key. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<K, A> {
    const { node, key } = addAggregate(
      this.#at,
      this.#shared,
      'KSTREAM-AGGREGATE-',
      materialized,
      null,
      (graph, name, store) => ({
        type: 'streamAggregate',
        store,
        initializer: graph.function(name, 'initializer', initializer),
        aggregator: graph.function(name, 'aggregator', aggregator),
      }),
    );
    return new KTable({ graph: this.#at.graph, node, key, value: materialized.value });
  }

  /** Groups by window too. */
  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.#at, this.#shared, windows.spec, 'onWindowUpdate');
  }
}

/** Records grouped by key and window (JVM: TimeWindowedKStream). */
export class TimeWindowedKStream<K, V> {
  readonly #at: GroupedState<K, V>;
  readonly #shared: { source?: string };
  readonly #windows: TimeWindowsSpec;
  readonly #emit: EmitStrategy;

  constructor(state: GroupedState<K, V>, shared: { source?: string }, windows: TimeWindowsSpec, emit: EmitStrategy) {
    this.#at = state;
    this.#shared = shared;
    this.#windows = windows;
    this.#emit = emit;
  }

  /** `onWindowClose`: one final result a window; the default is an update for each change (KIP-825). */
  emitStrategy(emit: EmitStrategy): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.#at, this.#shared, this.#windows, emit);
  }

  count(materialized?: Materialized<K, number>): KTable<Windowed<K>, number> {
    burnForUnnamed(this.#at.graph, materialized);
    return this.aggregate(zero, increment, { value: Serdes.long(), ...materialized });
  }

  reduce(reducer: Reducer<V>, materialized: Materialized<K, V> = {}): KTable<Windowed<K>, V> {
    const value = materialized.value ?? this.#at.value;
    return this.#table('KSTREAM-REDUCE-', { ...materialized, value }, (graph, name, store) => ({
      type: 'windowedReduce',
      store,
      windows: this.#windows,
      emit: this.#emit,
      reducer: graph.function(name, 'reducer', reducer),
    }));
  }

  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<Windowed<K>, A> {
    return this.#table('KSTREAM-AGGREGATE-', materialized, (graph, name, store) => ({
      type: 'windowedAggregate',
      store,
      windows: this.#windows,
      emit: this.#emit,
      initializer: graph.function(name, 'initializer', initializer),
      aggregator: graph.function(name, 'aggregator', aggregator),
    }));
  }

  #table<A>(prefix: string, materialized: Options<K, A>, operation: MakeOperation): KTable<Windowed<K>, A> {
    const { node, key } = addAggregate(this.#at, this.#shared, prefix, materialized, this.#windows, operation);
    const windowedKey = key === undefined ? undefined : timeWindowed(key, this.#windows.sizeMs);
    return new KTable({ graph: this.#at.graph, node, key: windowedKey, value: materialized.value });
  }
}

type Options<K, A> = Omit<Materialized<K, A>, 'value'> & { readonly value?: Serde<A> | undefined };
type MakeOperation = (graph: Graph, name: string, store: string) => Operation;

/** Store and processor take their names first, then the repartition nodes theirs: the order of the JVM. */
function addAggregate<K, V, A>(
  at: GroupedState<K, V>,
  shared: { source?: string },
  prefix: string,
  { value, ...materialized }: Options<K, A>,
  windows: TimeWindowsSpec | null,
  operation: MakeOperation,
): { node: string; key: Serde<K> | undefined } {
  const { graph, repartitionName } = at;
  const store = graph.storeName(prefix, materialized.name);
  const name = graph.name(prefix);
  const key = materialized.key ?? at.key;
  let parent = at.node;
  if (at.rekeyed) {
    const names = repartitionNames(graph, repartitionName ?? store);
    const isShared = repartitionName !== undefined && shared.source !== undefined;
    parent = isShared
      ? (shared.source ?? '')
      : repartition(graph, names, { parent: at.node, prefix: repartitionName ?? store, key: at.key, value: at.value });
    shared.source = parent;
  }
  graph.store(
    storeSpec(graph, store, { ...materialized, ...(key ? { key } : {}), ...(value ? { value } : {}) }, windows),
  );
  graph.processor(name, [parent], operation(graph, name, store));
  return { node: name, key };
}

/** `count(Materialized)` without a name takes one store index that nobody uses; `count()` does not. */
function burnForUnnamed<K>(graph: Graph, materialized: Materialized<K, number> | undefined): void {
  if (materialized !== undefined && materialized.name === undefined) graph.storeName('KSTREAM-AGGREGATE-');
}

const zero = (): number => 0;
const increment: AnyFunction & Aggregator<unknown, unknown, number> = (_key: unknown, _value: unknown, count: number) =>
  count + 1;
