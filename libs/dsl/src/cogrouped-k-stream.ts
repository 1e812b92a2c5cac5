import type { Serde, Windowed } from '@millrace/serde';
import type { Operation } from '@millrace/topology';
import { refuseArgument, requireOptions } from './argument.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { KGroupedStream } from './k-grouped-stream.ts';
import { KTable } from './k-table.ts';
import type { Materialized, Named, UnversionedMaterialized } from './options.ts';
import { SessionWindows } from './session-windows.ts';
import type { SlidingWindows } from './sliding-windows.ts';
import {
  addAggregateStore,
  groupedSource,
  type Aggregator,
  type GroupedState,
  type Initializer,
  type Merger,
  type SharedSource,
} from './stream-aggregation.ts';
import type { TimeWindows } from './time-windows.ts';
import { keptTable } from './table-backing.ts';
import { timeWindowedOperation, windowKindOf, type AnyTimeWindows } from './time-windowed-k-stream.ts';
import type { UnlimitedWindows } from './unlimited-windows.ts';
import { requireWindows, sessionWindowKind, type WindowKind } from './window-kind.ts';

/** A grouped stream and how its records go into the common aggregate. */
export interface CogroupedInput {
  readonly state: GroupedState<unknown, unknown>;
  readonly shared: SharedSource;
  readonly aggregator: AnyFunction;
}

type MakeOperation = (graph: Graph, name: string, store: string, aggregator: AnyFunction) => Operation;

const prefix = 'COGROUPKSTREAM-AGGREGATE-';

/** Several grouped streams that fold into one aggregate a key (JVM: CogroupedKStream). */
export class CogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupedInput[];

  constructor(inputs: readonly CogroupedInput[]) {
    this.#inputs = inputs;
  }

  /** One more stream, with its own aggregator; the same stream again gets another one. */
  cogroup<V>(grouped: KGroupedStream<K, V>, aggregator: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    if (typeof (grouped as Partial<KGroupedStream<K, V>> | null)?.cogroupedWith !== 'function')
      refuseArgument('cogroup', 'the other side', 'a grouped stream', grouped);
    const added = grouped.cogroupedWith(aggregator);
    const at = this.#inputs.findIndex(({ shared }) => shared === added.shared);
    return new CogroupedKStream<K, A>(at < 0 ? [...this.#inputs, added] : this.#inputs.with(at, added));
  }

  /** Folds the records of all streams by key, beginning with `initializer()`. A null aggregate deletes the key. */
  aggregate(initializer: Initializer<A>, materialized: Materialized<K, A> = {}, named: Named = {}): KTable<K, A> {
    const { node, graph } = addCogroup(this.#inputs, materialized, named, null, (at, name, store, aggregator) => ({
      type: 'streamAggregate',
      store,
      initializer: at.function(name, 'initializer', initializer),
      aggregator: at.function(name, 'aggregator', aggregator),
    }));
    return new KTable({ graph, node, key: materialized.key, value: materialized.value });
  }

  /** Groups by session too. */
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>;
  /** Groups by window too. */
  windowedBy(windows: TimeWindows | SlidingWindows | UnlimitedWindows): TimeWindowedCogroupedKStream<K, A>;
  windowedBy(
    windows: SessionWindows | TimeWindows | SlidingWindows | UnlimitedWindows,
  ): SessionWindowedCogroupedKStream<K, A> | TimeWindowedCogroupedKStream<K, A> {
    requireWindows(windows);
    return windows instanceof SessionWindows
      ? new SessionWindowedCogroupedKStream(this.#inputs, windows)
      : new TimeWindowedCogroupedKStream(this.#inputs, windows.spec);
  }
}

/** Several grouped streams that fold into one aggregate a key and window (JVM: TimeWindowedCogroupedKStream). */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupedInput[];
  readonly #windows: AnyTimeWindows;

  constructor(inputs: readonly CogroupedInput[], windows: AnyTimeWindows) {
    this.#inputs = inputs;
    this.#windows = windows;
  }

  /** Folds the records of all streams by key and window, beginning with `initializer()`. */
  aggregate(
    initializer: Initializer<A>,
    materialized: UnversionedMaterialized<K, A> = {},
    named: Named = {},
  ): KTable<Windowed<K>, A> {
    const windows = this.#windows;
    return windowedTable(this.#inputs, materialized, named, windowKindOf(windows), (graph, name, store, aggregator) =>
      timeWindowedOperation(graph, name, { store, windows, emit: 'onWindowUpdate' }, { initializer, aggregator }),
    );
  }
}

/** Several grouped streams that fold into one aggregate a session (JVM: SessionWindowedCogroupedKStream). */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #inputs: readonly CogroupedInput[];
  readonly #windows: SessionWindows;

  constructor(inputs: readonly CogroupedInput[], windows: SessionWindows) {
    this.#inputs = inputs;
    this.#windows = windows;
  }

  /** Folds the records of all streams by session; `merger` combines the aggregates of sessions that become one. */
  aggregate(
    initializer: Initializer<A>,
    merger: Merger<K, A>,
    materialized: UnversionedMaterialized<K, A> = {},
    named: Named = {},
  ): KTable<Windowed<K>, A> {
    const windows = this.#windows.spec;
    return windowedTable(this.#inputs, materialized, named, sessionWindowKind(windows), (graph, name, store, fn) => ({
      type: 'sessionAggregate',
      store,
      windows,
      emit: 'onWindowUpdate',
      initializer: graph.function(name, 'initializer', initializer),
      aggregator: graph.function(name, 'aggregator', fn),
      merger: graph.function(name, 'merger', merger),
    }));
  }
}

function windowedTable<K, A>(
  inputs: readonly CogroupedInput[],
  materialized: UnversionedMaterialized<K, A>,
  named: Named,
  windows: WindowKind,
  operation: MakeOperation,
): KTable<Windowed<K>, A> {
  const { node, graph } = addCogroup(inputs, materialized, named, windows, operation);
  const key = materialized.key === undefined ? undefined : windows.keySerde(materialized.key);
  return new KTable({ graph, node, key, value: materialized.value });
}

/** The store takes its name first, then the repartition topics, then a node for each stream, at last the one that brings them together (JVM). */
function addCogroup<K, A>(
  inputs: readonly CogroupedInput[],
  options: Materialized<K, A>,
  named: Named,
  windows: WindowKind | null,
  operation: MakeOperation,
): { node: string; graph: Graph } {
  requireOptions('aggregate', options, named);
  const { key, ...materialized } = options;
  const { name: given } = named;
  const [{ state: first }] = inputs as readonly [CogroupedInput];
  const { graph } = first;
  for (const { state } of inputs) graph.requireSame(state, first.node);
  const store = graph.storeName(prefix, materialized.name);
  const parents = inputs.map(({ state, shared }) => groupedSource(state, shared, store));
  // The topics before any repartitioning (JVM).
  graph.copartition(...inputs.map(({ state }) => state.node));
  addAggregateStore(graph, store, { ...materialized, key: key as Serde<K> | undefined }, windows);
  const nodes = inputs.map(({ aggregator }, i) => {
    const name = given === undefined ? graph.name(prefix) : graph.name(prefix, `${given}-cogroup-agg-${i}`);
    graph.processor(name, [parents[i] as string], operation(graph, name, store, aggregator));
    return name;
  });
  const node = graph.name('COGROUPKSTREAM-MERGE-', given === undefined ? undefined : `${given}-cogroup-merge`);
  graph.processor(node, nodes, { type: 'tableMerge' });
  graph.table(node, keptTable([store]));
  return { node, graph };
}
