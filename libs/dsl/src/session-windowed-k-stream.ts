import { Serdes, type Windowed } from '@millrace/serde';
import type { EmitStrategy, SessionWindowsSpec } from '@millrace/topology';
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
  type Merger,
  type Reducer,
  type SharedSource,
} from './stream-aggregation.ts';
import { sessionWindowKind } from './window-kind.ts';

interface SessionFunctions<K, V, A> {
  readonly initializer: Initializer<A | null>;
  readonly aggregator: Aggregator<K, V, A> | Aggregator<K, V, A | null>;
  readonly merger: Merger<K, A> | Merger<K, A | null>;
}

/** Records grouped by key and session (JVM: SessionWindowedKStream). The time of a result is the end of its session. */
export class SessionWindowedKStream<K, V> {
  readonly #at: GroupedState<K, V>;
  readonly #shared: SharedSource;
  readonly #windows: SessionWindowsSpec;
  readonly #emit: EmitStrategy;

  constructor(
    state: GroupedState<K, V>,
    shared: SharedSource,
    windows: SessionWindowsSpec,
    emit: EmitStrategy = 'onWindowUpdate',
  ) {
    this.#at = state;
    this.#shared = shared;
    this.#windows = windows;
    this.#emit = emit;
  }

  /** `onWindowClose`: one final result a session; the default is an update for each change (KIP-825). It is said once. */
  emitStrategy(emit: EmitStrategy): Omit<SessionWindowedKStream<K, V>, 'emitStrategy'> {
    requireWord('emitStrategy', 'it', emitStrategies, emit);
    return new SessionWindowedKStream(this.#at, this.#shared, this.#windows, emit);
  }

  /** How many records each session has. */
  count(materialized?: UnversionedMaterialized<K, number>, named: Named = {}): KTable<Windowed<K>, number> {
    burnForUnnamed(this.#at.graph, materialized);
    const options = { value: Serdes.long(), ...materialized };
    return this.aggregate(zero, increment, (_key, first, second) => first + second, options, named);
  }

  /** Combines the values of a session; the first one is the first aggregate. Sessions that become one are combined by it too. */
  reduce(
    reducer: Reducer<V>,
    materialized: UnversionedMaterialized<K, V> = {},
    named: Named = {},
  ): KTable<Windowed<K>, V> {
    requireOptions('reduce', materialized);
    requireFunction('reduce', 'reducer', reducer, false);
    const options = { ...materialized, value: materialized.value ?? this.#at.value };
    const aggregator = reducing<K, V>(reducer);
    const merger: Merger<K, V | null> = (key, first, second) => aggregator(key, second as V, first);
    return this.#table<V>('KSTREAM-REDUCE-', options, named, { initializer: () => null, aggregator, merger });
  }

  /**
   * Folds the records of a session, beginning with `initializer()`; `merger` combines the aggregates of sessions that become one, earliest first, also
   * beginning with `initializer()`. A null aggregate deletes the session.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: Merger<K, A>,
    materialized: UnversionedMaterialized<K, A> = {},
    named: Named = {},
  ): KTable<Windowed<K>, A> {
    requireOptions('aggregate', materialized);
    return this.#table('KSTREAM-AGGREGATE-', materialized, named, { initializer, aggregator, merger });
  }

  #table<A>(
    prefix: string,
    materialized: AggregateOptions<K, A>,
    named: Named,
    { initializer, aggregator, merger }: SessionFunctions<K, V, A>,
  ): KTable<Windowed<K>, A> {
    const [windows, emit] = [this.#windows, this.#emit];
    const kind = sessionWindowKind(windows);
    const { node, key } = addAggregate(this.#at, this.#shared, {
      prefix,
      materialized,
      named,
      windows: kind,
      emit,
      operation: (graph, name, store) => ({
        type: 'sessionAggregate',
        store,
        windows,
        emit,
        initializer: graph.function(name, 'initializer', initializer),
        aggregator: graph.function(name, 'aggregator', aggregator),
        merger: graph.function(name, 'merger', merger),
      }),
    });
    const keySerde = key === undefined ? undefined : kind.keySerde(key);
    return new KTable({ graph: this.#at.graph, node, key: keySerde, value: materialized.value });
  }
}
