/**
 * Queries as data (JVM: interactive queries v2, KIP-796): what is asked, of which partitions, and how new the answer must be. Each partition answers for
 * itself, with a result or with the reason why there is none.
 */
import type { IsolationLevel } from '@millrace/state';
import type { StoredPair, StoreSpec, ValueAndTimestamp, WindowedKey } from '@millrace/topology';
import { keyValueQueries, plainValue, timestampedValue } from './key-value-queries.ts';
import type { QueryRows } from './query-rows.ts';
import type { StoreReader } from './store-reader.ts';
import type { RowShape } from './store-serdes.ts';
import { sessionQueries } from './session-queries.ts';
import { windowQueries, type WindowRow } from './window-queries.ts';

/** What is asked of each partition. Make one with `KeyQuery`, `RangeQuery` and the others. */
export interface StateQuery<R> {
  /** Its kind, such as `KeyQuery`. */
  readonly type: string;
  /** Whether a store knows such queries. */
  accepts(spec: StoreSpec): boolean;
  /** Asks one partition. */
  ask(spec: StoreSpec, reader: StoreReader): R | Promise<R>;
}

/** Order of a range's rows, by the bytes of their keys. */
export type ResultOrder = 'any' | 'ascending' | 'descending';

/** How far a store has come: offset of the last record that was processed, by input topic and partition. */
export type Position = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** A query with where it goes (JVM: StateQueryRequest). */
export interface StateQueryRequest<R> {
  /** Name of the store. */
  readonly store: string;
  /** What is asked. */
  readonly query: StateQuery<R>;
  /** Which partitions answer. @default all that are here */
  readonly partitions?: readonly number[];
  /** Copies do not answer. @default false */
  readonly requireActive?: boolean;
  /** Only what has processed these records answers. @default unbounded */
  readonly positionBound?: Position;
  /** Say for each partition what was done, and how long it took. @default false */
  readonly executionInfo?: boolean;
  /** What is seen of a transaction that is open. @default default.interactive.query.isolation.level */
  readonly isolation?: IsolationLevel;
}

/** Why a partition gives no result. */
export type FailureReason =
  'UNKNOWN_QUERY_TYPE' | 'NOT_ACTIVE' | 'NOT_UP_TO_BOUND' | 'NOT_PRESENT' | 'DOES_NOT_EXIST' | 'STORE_EXCEPTION';

/** The answer of one partition. */
export type QueryResult<R> =
  | {
      readonly isSuccess: true;
      readonly result: R;
      /** Of the store; undefined where it is not known. What came to a copy in the last second may be missing. */
      readonly position: Position | undefined;
      readonly executionInfo: readonly string[];
    }
  | {
      readonly isSuccess: false;
      readonly failureReason: FailureReason;
      readonly failureMessage: string;
      readonly executionInfo: readonly string[];
    };

/** The answers by partition (JVM: StateQueryResult). */
export interface StateQueryResult<R> {
  /** Of a global store -1 is the only one. */
  readonly partitionResults: ReadonlyMap<number, QueryResult<R>>;
  /** For queries of one key: the only successful answer that is not null; undefined when there is none, or several. */
  readonly onlyPartitionResult: QueryResult<R> | undefined;
}

const isKeyValue = ({ kind }: StoreSpec): boolean => kind === 'keyValue';
const isTimestamped = (spec: StoreSpec): boolean => isKeyValue(spec) && (spec.timestamped ?? true);
const isWindow = ({ kind }: StoreSpec): boolean => kind === 'window' || kind === 'join';

type Pairs<K, V> = QueryRows<StoredPair<K, V>>;

function ofKey<R>(
  type: string,
  accepts: (spec: StoreSpec) => boolean,
  shape: RowShape<unknown>,
  key: unknown,
): StateQuery<R> {
  return { type, accepts, ask: ({ name }, reader) => keyValueQueries(name, reader, shape).get(key) as Promise<R> };
}

function ofRange<R>(
  type: string,
  accepts: (spec: StoreSpec) => boolean,
  shape: RowShape<unknown>,
  [lower, upper, order]: readonly [unknown, unknown, ResultOrder | undefined],
): StateQuery<R> {
  return {
    type,
    accepts,
    ask: ({ name }, reader) => {
      const store = keyValueQueries(name, reader, shape);
      return (order === 'descending' ? store.reverseRange(lower, upper) : store.range(lower, upper)) as R;
    },
  };
}

/** The value of a key; null when there is none. */
export const KeyQuery = {
  /** Plain values, of timestamped stores too. */
  withKey: <K, V>(key: K): StateQuery<V | null> => ofKey('KeyQuery', isKeyValue, plainValue, key),
} as const;

/** The value of a key with its event time. */
export const TimestampedKeyQuery = {
  /** Timestamped stores only. */
  withKey: <K, V>(key: K): StateQuery<ValueAndTimestamp<V> | null> =>
    ofKey('TimestampedKeyQuery', isTimestamped, timestampedValue, key),
} as const;

/** Rows of a range of keys, both bounds inclusive. */
export const RangeQuery = {
  /** Null: open. */
  withRange: <K, V>(lower: K | null, upper: K | null, order?: ResultOrder): StateQuery<Pairs<K, V>> =>
    ofRange('RangeQuery', isKeyValue, plainValue, [lower, upper, order]),
  /** From a key on. */
  withLowerBound: <K, V>(lower: K, order?: ResultOrder): StateQuery<Pairs<K, V>> =>
    ofRange('RangeQuery', isKeyValue, plainValue, [lower, null, order]),
  /** Up to a key. */
  withUpperBound: <K, V>(upper: K, order?: ResultOrder): StateQuery<Pairs<K, V>> =>
    ofRange('RangeQuery', isKeyValue, plainValue, [null, upper, order]),
  /** All rows. */
  withNoBounds: <K, V>(order?: ResultOrder): StateQuery<Pairs<K, V>> =>
    ofRange('RangeQuery', isKeyValue, plainValue, [null, null, order]),
} as const;

/** Rows of a range of keys with their event times. */
export const TimestampedRangeQuery = {
  /** Null: open. */
  withRange: <K, V>(
    lower: K | null,
    upper: K | null,
    order?: ResultOrder,
  ): StateQuery<Pairs<K, ValueAndTimestamp<V>>> =>
    ofRange('TimestampedRangeQuery', isTimestamped, timestampedValue, [lower, upper, order]),
  /** All rows. */
  withNoBounds: <K, V>(order?: ResultOrder): StateQuery<Pairs<K, ValueAndTimestamp<V>>> =>
    ofRange('TimestampedRangeQuery', isTimestamped, timestampedValue, [null, null, order]),
} as const;

const windowShape = ({ kind, timestamped = true }: StoreSpec): RowShape<unknown> =>
  kind === 'window' && timestamped ? timestampedValue : plainValue;

/** Windows of one key. Of timestamped stores (those of the DSL) V is `ValueAndTimestamp`, as in the JVM library. */
export const WindowKeyQuery = {
  /** Windows that start in `[from, to]`, ms. */
  withKeyAndWindowStartRange: <K, V>(key: K, from: number, to: number): StateQuery<QueryRows<WindowRow<V>>> => ({
    type: 'WindowKeyQuery',
    accepts: isWindow,
    ask: (spec, reader) =>
      windowQueries(spec.name, reader, windowShape(spec)).fetch(key, from, to) as QueryRows<WindowRow<V>>,
  }),
} as const;

/** Windows of all keys, or the sessions of one. Of timestamped window stores V is `ValueAndTimestamp`. */
export const WindowRangeQuery = {
  /** All sessions of a key; session stores only. */
  withKey: <K, V>(key: K): StateQuery<Pairs<WindowedKey<K>, V>> => ({
    type: 'WindowRangeQuery',
    accepts: ({ kind }) => kind === 'session',
    ask: ({ name }, reader) => sessionQueries(name, reader, plainValue).fetch(key) as Pairs<WindowedKey<K>, V>,
  }),
  /** Windows that start in `[from, to]`, ms; window stores only. */
  withWindowStartRange: <K, V>(from: number, to: number): StateQuery<Pairs<WindowedKey<K>, V>> => ({
    type: 'WindowRangeQuery',
    accepts: isWindow,
    ask: (spec, reader) =>
      windowQueries(spec.name, reader, windowShape(spec)).fetchAll(from, to) as Pairs<WindowedKey<K>, V>,
  }),
} as const;

/** Whether a store that has come to `position` has processed all of `bound` that concerns its inputs. */
export function isUpTo(
  bound: Position,
  position: Position | undefined,
  inputs: readonly { topic: string; partition: number }[],
): boolean {
  return inputs.every(({ topic, partition }) => {
    const wanted = bound[topic]?.[partition];
    return wanted === undefined || (position?.[topic]?.[partition] ?? -1) >= wanted;
  });
}
