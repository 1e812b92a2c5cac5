import { Serdes } from '@millrace/serde';
import { requireFunction, requireOptions } from './argument.ts';
import { CogroupedKStream, type CogroupedInput } from './cogrouped-k-stream.ts';
import type { AnyFunction } from './graph.ts';
import { KTable } from './k-table.ts';
import type { Materialized, Named } from './options.ts';
import { SessionWindowedKStream } from './session-windowed-k-stream.ts';
import { SessionWindows } from './session-windows.ts';
import type { SlidingWindows } from './sliding-windows.ts';
import {
  addAggregate,
  burnForUnnamed,
  increment,
  zero,
  type Aggregator,
  type GroupedState,
  type Initializer,
  type Reducer,
  type SharedSource,
} from './stream-aggregation.ts';
import type { TimeWindows } from './time-windows.ts';
import { requireWindows } from './window-kind.ts';
import { TimeWindowedKStream } from './time-windowed-k-stream.ts';
import type { UnlimitedWindows } from './unlimited-windows.ts';

/** Records grouped by key (JVM: KGroupedStream). */
export class KGroupedStream<K, V> {
  readonly #at: GroupedState<K, V>;
  readonly #shared: SharedSource = {};

  constructor(state: GroupedState<K, V>) {
    this.#at = state;
  }

  /** How many records each key has had. */
  count(materialized?: Materialized<K, number>, named: Named = {}): KTable<K, number> {
    burnForUnnamed(this.#at.graph, materialized);
    return this.aggregate(zero, increment, { value: Serdes.long(), ...materialized }, named);
  }

  /** Combines the values of a key; the first one is the first aggregate. */
  reduce(reducer: Reducer<V>, materialized: Materialized<K, V> = {}, named: Named = {}): KTable<K, V> {
    requireOptions('reduce', materialized);
    const value = materialized.value ?? this.#at.value;
    const { node, key } = addAggregate(this.#at, this.#shared, {
      prefix: 'KSTREAM-REDUCE-',
      materialized: { ...materialized, value },
      named,
      windows: null,
      operation: (graph, name, store) => ({
        type: 'streamReduce',
        store,
        reducer: graph.function(name, 'reducer', reducer),
      }),
    });
    return new KTable({ graph: this.#at.graph, node, key, value });
  }

  /** Folds the records of a key, beginning with `initializer()`. A null aggregate deletes the key. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
    named: Named = {},
  ): KTable<K, A> {
    requireOptions('aggregate', materialized);
    const { node, key } = addAggregate(this.#at, this.#shared, {
      prefix: 'KSTREAM-AGGREGATE-',
      materialized,
      named,
      windows: null,
      operation: (graph, name, store) => ({
        type: 'streamAggregate',
        store,
        initializer: graph.function(name, 'initializer', initializer),
        aggregator: graph.function(name, 'aggregator', aggregator),
      }),
    });
    return new KTable({ graph: this.#at.graph, node, key, value: materialized.value });
  }

  /** Groups by session too. */
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>;
  /** Groups by window too. */
  windowedBy(windows: TimeWindows | SlidingWindows | UnlimitedWindows): TimeWindowedKStream<K, V>;
  windowedBy(
    windows: SessionWindows | TimeWindows | SlidingWindows | UnlimitedWindows,
  ): SessionWindowedKStream<K, V> | TimeWindowedKStream<K, V> {
    requireWindows(windows);
    return windows instanceof SessionWindows
      ? new SessionWindowedKStream(this.#at, this.#shared, windows.spec)
      : new TimeWindowedKStream(this.#at, this.#shared, windows.spec);
  }

  /** The first of several grouped streams that fold into one aggregate. */
  cogroup<A>(aggregator: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>([this.cogroupedWith(aggregator)]);
  }

  /** What `CogroupedKStream` takes of this stream. */
  cogroupedWith(aggregator: AnyFunction): CogroupedInput {
    requireFunction('cogroup', 'aggregator', aggregator, false);
    return { state: this.#at as GroupedState<unknown, unknown>, shared: this.#shared, aggregator };
  }
}
