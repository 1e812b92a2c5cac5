import {
  type AsyncCall,
  type FixedKeyProcessor,
  type ForwardedRecord,
  type JoinKind,
  type Processor,
  type ProcessorRecord,
} from '@millrace/topology';
import type { Serde } from '@millrace/serde';
import { refuseArgument, requireCount, requireOptions } from './argument.ts';
import { addAsyncStep, type AsyncOptions } from './async-step.ts';
import { BranchedKStream } from './branched-k-stream.ts';
import { GlobalKTable } from './global-k-table.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { Joined, StreamJoined } from './join-options.ts';
import { JoinWindows } from './join-windows.ts';
import { KGroupedStream } from './k-grouped-stream.ts';
import { KTable } from './k-table.ts';
import type {
  Grouped,
  Materialized,
  Named,
  ProcessOptions,
  Produced,
  Repartitioned,
  TopicNameExtractor,
} from './options.ts';
import { printing, type Printed } from './printed.ts';
import { addProcess } from './process.ts';
import { repartition, repartitionNames } from './repartition.ts';
import { sinkTopic } from './sink-topic.ts';
import { requireStoreName } from './store-kind.ts';
import { storeSpec } from './store-spec.ts';
import { joinStreams } from './stream-join.ts';
import { joinGlobalTable, joinTable } from './stream-table-join.ts';
import { addTableSource } from './table-source.ts';

/** Where a stream stands: its node, its serdes as far as they are known, and whether its keys may have changed since they were partitioned. */
export interface StreamState<K, V> {
  readonly graph: Graph;
  readonly node: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly rekeyed: boolean;
}

/** A stream of records, each a fact of its own (JVM: KStream). Operations give new streams; nothing runs before the program does. */
export class KStream<K, V> {
  readonly #at: StreamState<K, V>;

  constructor(state: StreamState<K, V>) {
    this.#at = state;
  }

  /** As below; where the predicate refuses nulls no value is null afterwards. */
  filter(predicate: (key: K, value: V) => value is NonNullable<V>, named?: Named): KStream<K, NonNullable<V>>;
  /**
   * Keeps the records that the predicate accepts.
   * @example lines.mapValues(parse).filter((_key, order) => order !== null) // of orders, where `parse` gives an order or null
   */
  filter(predicate: (key: K, value: V) => boolean, named?: Named): KStream<K, V>;
  filter(predicate: (key: K, value: V) => boolean, named: Named = {}): KStream<K, V> | KStream<K, NonNullable<V>> {
    return this.#filter(predicate, false, named);
  }

  /** Keeps the records that the predicate refuses. */
  filterNot(predicate: (key: K, value: V) => boolean, named: Named = {}): KStream<K, V> {
    return this.#filter(predicate, true, named);
  }

  /** A new key and value for each record; what is grouped or joined by key afterwards goes through a repartition topic. */
  map<K2, V2>(mapper: (key: K, value: V) => readonly [K2, V2], named: Named = {}): KStream<K2, V2> {
    const name = this.#name('KSTREAM-MAP-', named);
    this.#add(name, { type: 'map', mapper: this.#at.graph.function(name, 'mapper', mapper) });
    return new KStream<K2, V2>({ graph: this.#at.graph, node: name, key: undefined, value: undefined, rekeyed: true });
  }

  /** Any number of records for each record. */
  flatMap<K2, V2>(mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>, named: Named = {}): KStream<K2, V2> {
    const name = this.#name('KSTREAM-FLATMAP-', named);
    this.#add(name, { type: 'flatMap', mapper: this.#at.graph.function(name, 'mapper', mapper) });
    return new KStream<K2, V2>({ graph: this.#at.graph, node: name, key: undefined, value: undefined, rekeyed: true });
  }

  /** A new value for each record; the key stays, and so does its partition. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, named: Named = {}): KStream<K, V2> {
    const name = this.#name('KSTREAM-MAPVALUES-', named);
    this.#add(name, { type: 'mapValues', mapper: this.#at.graph.function(name, 'mapper', mapper) });
    return new KStream<K, V2>({ ...this.#at, node: name, value: undefined });
  }

  /** Any number of values for each record, all with its key. */
  flatMapValues<V2>(mapper: (value: V, key: K) => Iterable<V2>, named: Named = {}): KStream<K, V2> {
    const name = this.#name('KSTREAM-FLATMAPVALUES-', named);
    this.#add(name, { type: 'flatMapValues', mapper: this.#at.graph.function(name, 'mapper', mapper) });
    return new KStream<K, V2>({ ...this.#at, node: name, value: undefined });
  }

  /** A new key for each record. */
  selectKey<K2>(mapper: (key: K, value: V) => K2, named: Named = {}): KStream<K2, V> {
    const name = this.#name('KSTREAM-KEY-SELECT-', named);
    this.#add(name, { type: 'selectKey', mapper: this.#at.graph.function(name, 'mapper', mapper) });
    return new KStream<K2, V>({ ...this.#at, node: name, key: undefined, rekeyed: true });
  }

  /** Looks at each record and passes it on. */
  peek(action: (key: K, value: V) => void, named: Named = {}): KStream<K, V> {
    const name = this.#name('KSTREAM-PEEK-', named);
    this.#add(name, { type: 'peek', action: this.#at.graph.function(name, 'action', action) });
    return new KStream({ ...this.#at, node: name });
  }

  /** Ends the stream in an action. */
  foreach(action: (key: K, value: V) => void, named: Named = {}): void {
    const name = this.#name('KSTREAM-FOREACH-', named);
    this.#add(name, { type: 'foreach', action: this.#at.graph.function(name, 'action', action) });
  }

  /**
   * Ends the stream in lines of text, `[label]: key, value`, for looking at it while developing.
   *
   * @example words.print({ label: 'words' })
   */
  print(printed: Printed<K, V> = {}): void {
    const name = this.#name('KSTREAM-PRINTER-', printed);
    const action = this.#at.graph.function(name, 'action', printing(this.#at.node, printed));
    this.#add(name, { type: 'foreach', action });
  }

  /** Records of both streams, in no order between them. Their serdes need not be the same, so the result has none: give them again. */
  merge(other: KStream<K, V>, named: Named = {}): KStream<K, V> {
    const name = this.#name('KSTREAM-MERGE-', named);
    const { graph, node, rekeyed } = this.#at;
    graph.processor(name, [node, this.#met(other, name).node], { type: 'merge' });
    return new KStream({ graph, node: name, key: undefined, value: undefined, rekeyed: rekeyed || other.#at.rekeyed });
  }

  /** Pairs of records with the same key whose times are close enough; joiner (left, right, key). */
  join<V2, VR>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2, key: K) => VR,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, V2>,
  ): KStream<K, VR>;
  /** Each record with the row that the table has for its key now; records without one are dropped. */
  join<V2, VR>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2, key: K) => VR,
    joined?: Joined<K, V, V2>,
  ): KStream<K, VR>;
  /** Each record with the row of a global table whose key `keySelector` gives; the joiner's key is that of the record. */
  join<KG, V2, VR>(
    table: GlobalKTable<KG, V2>,
    keySelector: (key: K, value: V) => KG | null,
    joiner: (value: V, row: V2, key: K) => VR,
    named?: Named,
  ): KStream<K, VR>;
  join(other: unknown, ...given: readonly unknown[]): KStream<K, unknown> {
    return this.#join('inner', other, given);
  }

  /** As `join`, and each left record without a partner once, when its window has closed; then the right side is null. */
  leftJoin<V2, VR>(
    other: KStream<K, V2>,
    joiner: (left: V, right: V2 | null, key: K) => VR,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, V2>,
  ): KStream<K, VR>;
  /** As `join`, with null where the table has no row. */
  leftJoin<V2, VR>(
    table: KTable<K, V2>,
    joiner: (value: V, row: V2 | null, key: K) => VR,
    joined?: Joined<K, V, V2>,
  ): KStream<K, VR>;
  /** As `join`, with null where the table has no row. */
  leftJoin<KG, V2, VR>(
    table: GlobalKTable<KG, V2>,
    keySelector: (key: K, value: V) => KG | null,
    joiner: (value: V, row: V2 | null, key: K) => VR,
    named?: Named,
  ): KStream<K, VR>;
  leftJoin(other: unknown, ...given: readonly unknown[]): KStream<K, unknown> {
    return this.#join('left', other, given);
  }

  /** As `leftJoin` for both sides. */
  outerJoin<V2, VR>(
    other: KStream<K, V2>,
    joiner: (left: V | null, right: V2 | null, key: K) => VR,
    windows: JoinWindows,
    joined: StreamJoined<K, V, V2> = {},
  ): KStream<K, VR> {
    return this.#joinStreams('outer', other, joiner, windows, joined);
  }

  /** Sends the stream through a repartition topic now. */
  repartition(repartitioned: Repartitioned<K, V> = {}): KStream<K, V> {
    requireOptions('repartition', repartitioned);
    const { graph, node } = this.#at;
    const prefix = repartitioned.name === undefined ? graph.name('KSTREAM-REPARTITION-') : repartitioned.name;
    requireCount(prefix, 'partitions', repartitioned.partitions);
    const key = repartitioned.key ?? this.#at.key;
    const value = repartitioned.value ?? this.#at.value;
    const source = repartition(graph, repartitionNames(graph, prefix), {
      parent: node,
      prefix,
      key,
      value,
      partitions: repartitioned.partitions,
      partitioner: repartitioned.partitioner,
      isFixed: true,
    });
    return new KStream({ graph, node: source, key, value, rekeyed: false });
  }

  /** Groups by the key that the records have. `name` is that of the repartition topic, if one is needed. */
  groupByKey(grouped: Grouped<K, V> = {}): KGroupedStream<K, V> {
    requireOptions('groupByKey', grouped);
    const { key, value } = this.#at;
    return new KGroupedStream({
      ...this.#at,
      key: grouped.key ?? key,
      value: grouped.value ?? value,
      repartitionName: grouped.name,
    });
  }

  /** Groups by a new key, through a repartition topic. */
  groupBy<K2>(selector: (key: K, value: V) => K2, grouped: Grouped<K2, V> = {}): KGroupedStream<K2, V> {
    const { graph, node, value } = this.#at;
    const name = this.#name('KSTREAM-KEY-SELECT-', grouped);
    graph.processor(name, [node], { type: 'selectKey', mapper: graph.function(name, 'mapper', selector) });
    return new KGroupedStream<K2, V>({
      graph,
      node: name,
      key: grouped.key,
      value: grouped.value ?? value,
      rekeyed: true,
      repartitionName: grouped.name,
    });
  }

  /** Sends each record to the first branch that accepts it; see `BranchedKStream`. The names of the branches begin with that of the split. */
  split(named: Named = {}): BranchedKStream<K, V> {
    requireOptions('split', named);
    return new BranchedKStream(this.#at, named);
  }

  /**
   * Writes to a topic, which must exist, or to the one that is chosen for each record. Serdes default to those of the stream, then to the configured
   * ones.
   *
   * @example words.to((key) => `words-${key}`, { key: Serdes.string() })
   */
  to(topic: string | TopicNameExtractor<K, V>, produced: Produced<K, V> = {}): void {
    const { graph, node } = this.#at;
    const name = this.#name('KSTREAM-SINK-', produced);
    graph.node({
      kind: 'sink',
      name,
      parents: [node],
      ...sinkTopic(graph, name, topic),
      internal: false,
      keySerde: graph.serde(produced.key ?? this.#at.key),
      valueSerde: graph.serde(produced.value ?? this.#at.value),
      partitioner:
        produced.partitioner === undefined ? null : graph.function(name, 'partitioner', produced.partitioner),
    });
  }

  /** The last value of each key as a table. */
  toTable(materialized: Materialized<K, V> = {}, named: Named = {}): KTable<K, V> {
    requireOptions('toTable', materialized);
    const { graph, rekeyed } = this.#at;
    const name = this.#name('KSTREAM-TOTABLE-', named);
    const storeName = graph.storeName('KSTREAM-TOTABLE-', materialized.name);
    requireStoreName(materialized, name);
    const key = materialized.key ?? this.#at.key;
    const value = materialized.value ?? this.#at.value;
    const parent = rekeyed
      ? repartition(graph, repartitionNames(graph, name), { parent: this.#at.node, prefix: name, key, value })
      : this.#at.node;
    const spec = storeSpec(graph, storeName, { ...materialized, key, value }, null);
    addTableSource(graph, name, parent, spec, materialized.name !== undefined);
    return new KTable({ graph, node: name, key, value });
  }

  /**
   * Gives each record to a processor of one's own, which forwards what it likes; keys may change.
   * `supplier` makes one for each task.
   */
  process<K2 = never, V2 = never>(
    supplier: () => Processor<K, V, K2, V2>,
    options: ProcessOptions = {},
  ): KStream<K2, V2> {
    const { graph, node: parent } = this.#at;
    const node = addProcess(graph, { type: 'process', prefix: 'KSTREAM-PROCESSOR-', parent, supplier, options });
    return new KStream<K2, V2>({ graph, node, key: undefined, value: undefined, rekeyed: true });
  }

  /** As `process`, for processors that keep the keys: the stream stays partitioned as it is. */
  processValues<V2>(supplier: () => FixedKeyProcessor<K, V, V2>, options: ProcessOptions = {}): KStream<K, V2> {
    const { graph, node: parent } = this.#at;
    const node = addProcess(graph, {
      type: 'processValues',
      prefix: 'KSTREAM-PROCESSVALUES-',
      parent,
      supplier,
      options,
    });
    return new KStream<K, V2>({ ...this.#at, node, value: undefined });
  }

  /**
   * As `map`, with a function that may wait: many records run beside each other, those of one key one after another. Nothing is committed before what
   * was under way has ended, so results count exactly once; what the function does elsewhere may happen again. After the last attempt has failed
   * processing.exception.handler decides. Throws MR_TOPOLOGY_ASYNC_OPTION.
   *
   * @example
   * orders.mapAsync(async (id, order, { signal }) => [order.city, await geocode(order, signal)], { timeout: '500ms', attempts: 5 })
   */
  mapAsync<K2, V2>(
    mapper: (key: K, value: V, call: AsyncCall) => readonly [K2, V2] | PromiseLike<readonly [K2, V2]>,
    options: AsyncOptions = {},
  ): KStream<K2, V2> {
    const { graph, node: parent } = this.#at;
    const node = addAsyncStep(graph, { type: 'mapAsync', prefix: 'KSTREAM-MAPASYNC-', parent, mapper, options });
    return new KStream<K2, V2>({ graph, node, key: undefined, value: undefined, rekeyed: true });
  }

  /**
   * As `mapAsync` for the value alone: the key stays, and so does its partition.
   *
   * @example clicks.mapValuesAsync((click, user, { signal }) => enrich(user, click, signal), { concurrency: 64, order: 'input' })
   */
  mapValuesAsync<V2>(
    mapper: (value: V, key: K, call: AsyncCall) => V2 | PromiseLike<V2>,
    options: AsyncOptions = {},
  ): KStream<K, V2> {
    const { graph, node: parent } = this.#at;
    const type = 'mapValuesAsync';
    const node = addAsyncStep(graph, { type, prefix: 'KSTREAM-MAPVALUESASYNC-', parent, mapper, options });
    return new KStream<K, V2>({ ...this.#at, node, value: undefined });
  }

  /**
   * As `mapAsync`, for a function that gives any number of records with times and headers of their own, or nothing. It has no stores: those belong to the
   * turn of the task; put a `process` behind it.
   *
   * @example
   * pages.processAsync(async (page, { signal }) => (await linksOf(page.value, signal)).map((link) => page.withKey(link)))
   */
  processAsync<K2 = never, V2 = never>(
    processor: (
      record: ProcessorRecord<K, V>,
      call: AsyncCall,
    ) => Iterable<ForwardedRecord<K2, V2>> | void | PromiseLike<Iterable<ForwardedRecord<K2, V2>> | void>,
    options: AsyncOptions = {},
  ): KStream<K2, V2> {
    const { graph, node: parent } = this.#at;
    const type = 'processAsync';
    const node = addAsyncStep(graph, { type, prefix: 'KSTREAM-PROCESSASYNC-', parent, mapper: processor, options });
    return new KStream<K2, V2>({ graph, node, key: undefined, value: undefined, rekeyed: true });
  }

  #filter(predicate: (key: K, value: V) => boolean, negate: boolean, named: Named): KStream<K, V> {
    const name = this.#name('KSTREAM-FILTER-', named);
    this.#add(name, { type: 'filter', predicate: this.#at.graph.function(name, 'predicate', predicate), negate });
    return new KStream({ ...this.#at, node: name });
  }

  #join(kind: 'inner' | 'left', other: unknown, given: readonly unknown[]): KStream<K, unknown> {
    if (other instanceof GlobalKTable) {
      const [keySelector, joiner, named = {}] = given as [AnyFunction, AnyFunction, Named?];
      return new KStream(joinGlobalTable(kind, this.#at, GlobalKTable.stateOf(other), keySelector, joiner, named));
    }
    if (other instanceof KTable) {
      const [joiner, joined = {}] = given as [AnyFunction, Joined<K, V, unknown>?];
      return new KStream(joinTable(kind, this.#at, KTable.stateOf(other as KTable<K, unknown>), joiner, joined));
    }
    const [joiner, windows, joined = {}] = given as [AnyFunction, JoinWindows, StreamJoined<K, V, unknown>?];
    return this.#joinStreams(kind, other, joiner, windows, joined);
  }

  #joinStreams<V2, VR>(
    kind: JoinKind,
    other: unknown,
    joiner: AnyFunction,
    windows: JoinWindows,
    joined: StreamJoined<K, V, V2>,
  ): KStream<K, VR> {
    const { node } = this.#at;
    if (!(windows instanceof JoinWindows)) refuseArgument(`a join of '${node}'`, 'windows', 'JoinWindows', windows);
    const right = this.#met(other as KStream<K, V2>, node);
    return new KStream(joinStreams(kind, this.#at, right, joiner, windows, joined));
  }

  /** Where the other stream of a join or merge stands. */
  #met<K2, V2>(other: KStream<K2, V2>, node: string): StreamState<K2, V2> {
    if (!(other instanceof KStream)) refuseArgument(node, 'the other side', 'a stream or a table', other);
    this.#at.graph.requireSame(other.#at, node);
    return other.#at;
  }

  #name(prefix: string, named: Named): string {
    requireOptions(prefix, named);
    return this.#at.graph.name(prefix, named.name);
  }

  #add(name: string, operation: Parameters<Graph['processor']>[2]): void {
    this.#at.graph.processor(name, [this.#at.node], operation);
  }
}
