import { millraceError } from '@millrace/base';
import { Serdes, type Windowed } from '@millrace/serde';
import type { EmitStrategy, Operation, SlidingWindowsSpec, TimeWindowsSpec } from '@millrace/topology';
import type { AnyFunction, Graph } from './graph.ts';
import { emitStrategies, requireFunction, requireOptions, requireWord } from './argument.ts';
import { KTable } from './k-table.ts';
import type { Named, UnversionedMaterialized } from './options.ts';
import {
  addAggregate,
  burnForUnnamed,
  increment,
  reducing,
  zero,
  type AggregateOptions,
  type Aggregator,
  type GroupedState,
  type Initializer,
  type Reducer,
  type SharedSource,
} from './stream-aggregation.ts';
import { slidingWindowKind, timeWindowKind } from './window-kind.ts';

export type AnyTimeWindows = TimeWindowsSpec | SlidingWindowsSpec;

export interface AggregateFunctions {
  readonly initializer: AnyFunction;
  readonly aggregator: AnyFunction;
}

/** Records grouped by key and window, time windows or sliding ones (JVM: TimeWindowedKStream). */
export class TimeWindowedKStream<K, V> {
  readonly #at: GroupedState<K, V>;
  readonly #shared: SharedSource;
  readonly #windows: AnyTimeWindows;
  readonly #emit: EmitStrategy;

  constructor(
    state: GroupedState<K, V>,
    shared: SharedSource,
    windows: AnyTimeWindows,
    emit: EmitStrategy = 'onWindowUpdate',
  ) {
    this.#at = state;
    this.#shared = shared;
    this.#windows = windows;
    this.#emit = emit;
  }

  /**
   * `onWindowClose`: one final result a window; the default is an update for each change (KIP-825). It is said once. Throws MR_TOPOLOGY_WINDOW for
   * unlimited windows, which never close.
   */
  emitStrategy(emit: EmitStrategy): Omit<TimeWindowedKStream<K, V>, 'emitStrategy'> {
    requireWord('emitStrategy', 'it', emitStrategies, emit);
    if (emit === 'onWindowClose' && 'unlimitedFrom' in this.#windows)
      throw millraceError('MR_TOPOLOGY_WINDOW', { problem: 'final results of unlimited windows, which never close' });
    return new TimeWindowedKStream(this.#at, this.#shared, this.#windows, emit);
  }

  /** How many records each key has had in each window. */
  count(materialized?: UnversionedMaterialized<K, number>, named: Named = {}): KTable<Windowed<K>, number> {
    requireOptions('count', materialized);
    if (!('differenceMs' in this.#windows)) burnForUnnamed(this.#at.graph, materialized);
    return this.aggregate(zero, increment, { value: Serdes.long(), ...materialized }, named);
  }

  /** Combines the values of a key in a window; the first one is the first aggregate. */
  reduce(
    reducer: Reducer<V>,
    materialized: UnversionedMaterialized<K, V> = {},
    named: Named = {},
  ): KTable<Windowed<K>, V> {
    requireOptions('reduce', materialized);
    requireFunction('reduce', 'reducer', reducer, false);
    const options = { ...materialized, value: materialized.value ?? this.#at.value };
    const functions = { initializer: () => null, aggregator: reducing<K, V>(reducer) };
    const windows = this.#windows;
    if ('differenceMs' in windows) return this.#table('KSTREAM-REDUCE-', options, named, functions);
    return this.#table('KSTREAM-REDUCE-', options, named, functions, (graph, name, store) => ({
      type: 'windowedReduce',
      store,
      windows,
      emit: this.#emit,
      reducer: graph.function(name, 'reducer', reducer),
    }));
  }

  /** Folds the records of a key in a window, beginning with `initializer()`. A null aggregate deletes the row. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    materialized: UnversionedMaterialized<K, A> = {},
    named: Named = {},
  ): KTable<Windowed<K>, A> {
    requireOptions('aggregate', materialized);
    return this.#table('KSTREAM-AGGREGATE-', materialized, named, { initializer, aggregator });
  }

  #table<A>(
    prefix: string,
    materialized: AggregateOptions<K, A>,
    named: Named,
    functions: AggregateFunctions,
    operation?: (graph: Graph, name: string, store: string) => Operation,
  ): KTable<Windowed<K>, A> {
    const [windows, emit] = [this.#windows, this.#emit];
    const kind = windowKindOf(windows);
    const { node, key } = addAggregate(this.#at, this.#shared, {
      prefix,
      materialized,
      named,
      windows: kind,
      emit,
      operation:
        operation ?? ((graph, name, store) => timeWindowedOperation(graph, name, { store, windows, emit }, functions)),
    });
    const keySerde = key === undefined ? undefined : kind.keySerde(key);
    return new KTable({ graph: this.#at.graph, node, key: keySerde, value: materialized.value });
  }
}

export function windowKindOf(windows: AnyTimeWindows): ReturnType<typeof timeWindowKind> {
  return 'differenceMs' in windows ? slidingWindowKind(windows) : timeWindowKind(windows);
}

/** An aggregation over time windows or sliding ones. */
export function timeWindowedOperation(
  graph: Graph,
  name: string,
  { store, windows, emit }: { readonly store: string; readonly windows: AnyTimeWindows; readonly emit: EmitStrategy },
  functions: AggregateFunctions,
): Operation {
  const initializer = graph.function(name, 'initializer', functions.initializer);
  const aggregator = graph.function(name, 'aggregator', functions.aggregator);
  return 'differenceMs' in windows
    ? { type: 'slidingAggregate', store, windows, emit, initializer, aggregator }
    : { type: 'windowedAggregate', store, windows, emit, initializer, aggregator };
}
