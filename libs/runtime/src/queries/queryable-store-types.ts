import type { AggregationWithHeaders, StoreSpec, ValueTimestampHeaders } from '@millrace/topology';
import {
  keyValueQueries,
  plainValue,
  timestampedValue,
  valueWithHeaders,
  type QueryableKeyValueStore,
  type QueryableTimestampedKeyValueStore,
} from './key-value-queries.ts';
import { aggregationWithHeaders, sessionQueries, type QueryableSessionStore } from './session-queries.ts';
import type { StoreReader } from './store-reader.ts';
import type { QuerySerdes } from './store-serdes.ts';
import { versionedQueries, type QueryableVersionedKeyValueStore } from './versioned-queries.ts';
import { windowQueries, type QueryableTimestampedWindowStore, type QueryableWindowStore } from './window-queries.ts';

/** As what a store is read. */
export interface QueryableStoreType<S> {
  /** For messages, such as `a window store`. */
  readonly name: string;
  /** What reads its keys and values. */
  readonly serdes: QuerySerdes<unknown, unknown>;
  /** Whether a store can be read so. */
  accepts(spec: StoreSpec): boolean;
  /** Makes the view. */
  open(name: string, reader: StoreReader): S;
}

function storeType<S>(
  name: string,
  serdes: QuerySerdes<unknown, unknown>,
  accepts: (spec: StoreSpec) => boolean,
  open: (name: string, reader: StoreReader) => unknown,
): QueryableStoreType<S> {
  return { name, serdes, accepts, open: (store, reader) => open(store, reader) as S };
}

const isTimestamped = ({ timestamped = true }: StoreSpec): boolean => timestamped;
const isKeyValue = ({ kind }: StoreSpec): boolean => kind === 'keyValue';
/** Sliding windows, and windows with duplicates, are read like the others. */
const isWindow = ({ kind }: StoreSpec): boolean => kind === 'window' || kind === 'join';

const isSession = ({ kind }: StoreSpec): boolean => kind === 'session';
const hasHeaders = ({ keepsHeaders = false }: StoreSpec): boolean => keepsHeaders;

/**
 * As what `KafkaStreams.store` reads a store. The types come from the serdes when they are given, and then these read the bytes; else the topology's
 * serdes do, and the types are as you say.
 *
 * ```ts
 * QueryableStoreTypes.keyValue({ key: Serdes.string(), value: Serdes.long() });
 * QueryableStoreTypes.window<string, number>();
 * ```
 */
export const QueryableStoreTypes = {
  /** Plain values, of a timestamped store too. */
  keyValue: <K, V>(serdes: QuerySerdes<K, V> = {}): QueryableStoreType<QueryableKeyValueStore<K, V>> =>
    storeType('a key-value store', serdes, isKeyValue, (name, reader) => keyValueQueries(name, reader, plainValue)),
  /** Values with their event time: what tables and aggregations of the DSL have. */
  timestampedKeyValue: <K, V>(
    serdes: QuerySerdes<K, V> = {},
  ): QueryableStoreType<QueryableTimestampedKeyValueStore<K, V>> =>
    storeType(
      'a timestamped key-value store',
      serdes,
      (spec) => isKeyValue(spec) && isTimestamped(spec),
      (name, reader) => keyValueQueries(name, reader, timestampedValue),
    ),
  /** Rows with their history. */
  versioned: <K, V>(serdes: QuerySerdes<K, V> = {}): QueryableStoreType<QueryableVersionedKeyValueStore<K, V>> =>
    storeType('a versioned store', serdes, ({ kind }) => kind === 'versioned', versionedQueries),
  /** Plain values of windows, of a timestamped store too. */
  window: <K, V>(serdes: QuerySerdes<K, V> = {}): QueryableStoreType<QueryableWindowStore<K, V>> =>
    storeType('a window store', serdes, isWindow, (name, reader) => windowQueries(name, reader, plainValue)),
  /** Values of windows with their event time: what windowed aggregations of the DSL have. */
  timestampedWindow: <K, V>(
    serdes: QuerySerdes<K, V> = {},
  ): QueryableStoreType<QueryableTimestampedWindowStore<K, V>> =>
    storeType(
      'a timestamped window store',
      serdes,
      (spec) => spec.kind === 'window' && isTimestamped(spec),
      (name, reader) => windowQueries(name, reader, timestampedValue),
    ),
  /** Aggregates of sessions. */
  session: <K, V>(serdes: QuerySerdes<K, V> = {}): QueryableStoreType<QueryableSessionStore<K, V>> =>
    storeType('a session store', serdes, isSession, (name, reader) => sessionQueries(name, reader, plainValue)),
  /** Values with their event time and headers: rows of `Stores.timestampedKeyValueStoreWithHeaders`. */
  timestampedKeyValueWithHeaders: <K, V>(
    serdes: QuerySerdes<K, V> = {},
  ): QueryableStoreType<QueryableKeyValueStore<K, ValueTimestampHeaders<V>>> =>
    storeType(
      'a timestamped key-value store with headers',
      serdes,
      (spec) => isKeyValue(spec) && hasHeaders(spec),
      (name, reader) => keyValueQueries(name, reader, valueWithHeaders),
    ),
  /** Values of windows with their event time and headers: rows of `Stores.timestampedWindowStoreWithHeaders`. */
  timestampedWindowWithHeaders: <K, V>(
    serdes: QuerySerdes<K, V> = {},
  ): QueryableStoreType<QueryableWindowStore<K, ValueTimestampHeaders<V>>> =>
    storeType(
      'a timestamped window store with headers',
      serdes,
      (spec) => isWindow(spec) && hasHeaders(spec),
      (name, reader) => windowQueries(name, reader, valueWithHeaders),
    ),
  /** Aggregates of sessions with their headers: rows of `Stores.sessionStoreWithHeaders`. */
  sessionWithHeaders: <K, A>(
    serdes: QuerySerdes<K, A> = {},
  ): QueryableStoreType<QueryableSessionStore<K, AggregationWithHeaders<A>>> =>
    storeType(
      'a session store with headers',
      serdes,
      (spec) => isSession(spec) && hasHeaders(spec),
      (name, reader) => sessionQueries(name, reader, aggregationWithHeaders),
    ),
} as const;
