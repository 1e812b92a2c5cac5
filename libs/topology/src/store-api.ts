/** State stores, as processors see them (JVM: org.apache.kafka.streams.state). They are read and written at once. */
import type { Serde } from '@millrace/serde';
import type { RecordHeader } from './processor-api.ts';

/** A row: key and value. */
export type StoredPair<K, V> = readonly [key: K, value: V];

/** A value and when it was set. */
export interface ValueAndTimestamp<V> {
  /** The value itself. */
  readonly value: V;
  /** Event time, ms. */
  readonly timestamp: number;
}

/** A value, when it was set, and the headers it was set with (KIP-1271). */
export interface ValueTimestampHeaders<V> extends ValueAndTimestamp<V> {
  /** Those of the row, not of the record that is being processed; in their order. */
  readonly headers: readonly RecordHeader[];
}

/** The aggregate of a session, and its headers (KIP-1271). */
export interface AggregationWithHeaders<A> {
  /** The aggregate itself. */
  readonly aggregation: A;
  /** In their order. */
  readonly headers: readonly RecordHeader[];
}

/** Rows by key, in the order of the keys' bytes. Ranges show what is there when they are asked for. */
export interface ReadOnlyKeyValueStore<K, V> {
  /** The name it was declared with. */
  readonly name: string;
  /** Null when there is none. */
  get(key: K): V | null;
  /** Rows from `from` to `to`, both inclusive; null: open. */
  range(from: K | null, to: K | null): Iterable<StoredPair<K, V>>;
  /** As `range`, backwards. */
  reverseRange(from: K | null, to: K | null): Iterable<StoredPair<K, V>>;
  /** All rows. */
  all(): Iterable<StoredPair<K, V>>;
  /** All rows, backwards. */
  reverseAll(): Iterable<StoredPair<K, V>>;
  /** Rows whose key begins with these bytes, or with those that a serde makes of a prefix. */
  prefixScan(prefix: Uint8Array): Iterable<StoredPair<K, V>>;
  prefixScan<P>(prefix: P, serde: Serde<P>): Iterable<StoredPair<K, V>>;
  /** How many rows there are. They are counted: O(rows). */
  approximateNumEntries(): number;
}

/** Rows by key that can be changed. */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** Null deletes. */
  put(key: K, value: V | null): void;
  /** Puts where there is no row; gives the row's value where there is one, else null. */
  putIfAbsent(key: K, value: V | null): V | null;
  /** Puts one row after another; null deletes. */
  putAll(rows: Iterable<StoredPair<K, V | null>>): void;
  /** Gives what was there. */
  delete(key: K): V | null;
}

/** Rows with a timestamp of their own: those of the DSL's tables are such. */
export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>;

/** Rows with a timestamp and headers of their own; the changelog carries them as those of its records (KIP-1271). */
export type TimestampedKeyValueStoreWithHeaders<K, V> = KeyValueStore<K, ValueTimestampHeaders<V>>;

/** The key of a row in a window. */
export interface WindowedKey<K> {
  /** The key of the records. */
  readonly key: K;
  /** ms; `end` is exclusive in windows and inclusive in sessions. */
  readonly window: { readonly start: number; readonly end: number };
}

/**
 * Rows by key and start of their window, ms. Those that are older than the retention, in event time, are not there. Rows of one key come in the order of their
 * start; those of several, in memory, by start and key, and on disk by segment (half the retention, a minute at least), then by key and start, as in the JVM.
 */
export interface WindowStore<K, V> {
  /** The name it was declared with. */
  readonly name: string;
  /** Null deletes (nothing, where duplicates are kept). */
  put(key: K, value: V | null, windowStart: number): void;
  /** The row of one window. */
  fetch(key: K, windowStart: number): V | null;
  /** Rows of windows that start in `[from, to]`, in the order of their start. */
  fetch(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: V]>;
  /** Rows of the keys from `keyFrom` to `keyTo`, both inclusive; null: open. */
  fetch(keyFrom: K | null, keyTo: K | null, from: number, to: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** As `fetch(key, from, to)`. */
  fetchRange(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: V]>;
  /** The same as `fetch`, backwards. */
  backwardFetch(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: V]>;
  backwardFetch(keyFrom: K | null, keyTo: K | null, from: number, to: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** Rows of all keys in windows that start in `[from, to]`. */
  fetchAll(from: number, to: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** As `fetchAll`, backwards. */
  backwardFetchAll(from: number, to: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** All rows that are kept. */
  all(): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** All rows that are kept, backwards. */
  backwardAll(): Iterable<StoredPair<WindowedKey<K>, V>>;
}

/** Rows by key and window with a timestamp of their own: those of windowed tables are such. */
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>;

/** The same with headers of their own (KIP-1271). */
export type TimestampedWindowStoreWithHeaders<K, V> = WindowStore<K, ValueTimestampHeaders<V>>;

/**
 * Rows by key and session. Sessions of one key come in the order of their end; those of several, in memory, by end and key, and on disk by segment (half the
 * retention, a minute at least), then by key, end and start, as in the JVM.
 */
export interface SessionStore<K, V> {
  /** The name it was declared with. */
  readonly name: string;
  /** Null deletes the session. */
  put(session: WindowedKey<K>, value: V | null): void;
  /** Deletes the session. */
  remove(session: WindowedKey<K>): void;
  /** The session with these bounds, ms; null when there is none. */
  fetchSession(key: K, start: number, end: number): V | null;
  /** Sessions that end at `earliestEnd` or later and start at `latestStart` or earlier, in the order of their end. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** The same of the keys from `keyFrom` to `keyTo`, both inclusive; null: open. */
  findSessions(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** Sessions of all keys that end in `[earliestEnd, latestEnd]`. */
  findSessions(earliestEnd: number, latestEnd: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** As `findSessions`, backwards. */
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Iterable<StoredPair<WindowedKey<K>, V>>;
  backwardFindSessions(
    keyFrom: K | null,
    keyTo: K | null,
    earliestEnd: number,
    latestStart: number,
  ): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** All sessions of a key, or of the keys from `keyFrom` to `keyTo`, both inclusive; null: open. */
  fetch(key: K): Iterable<StoredPair<WindowedKey<K>, V>>;
  fetch(keyFrom: K | null, keyTo: K | null): Iterable<StoredPair<WindowedKey<K>, V>>;
  /** As `fetch`, backwards. */
  backwardFetch(key: K): Iterable<StoredPair<WindowedKey<K>, V>>;
  backwardFetch(keyFrom: K | null, keyTo: K | null): Iterable<StoredPair<WindowedKey<K>, V>>;
}

/** Sessions with headers (KIP-1271). */
export type SessionStoreWithHeaders<K, A> = SessionStore<K, AggregationWithHeaders<A>>;

/** A version of a row (JVM: VersionedRecord). */
export interface VersionedRecord<V> {
  /** Never null: a deletion is no record. */
  readonly value: V;
  /** When it began to be valid: the event time it was put with, ms. */
  readonly timestamp: number;
  /** When it was replaced or deleted, ms. Queries tell it of all versions but the latest, stores of processors never (JVM). */
  readonly validTo?: number;
}

/**
 * Rows that keep their earlier values as far back as the history of the store reaches (KIP-889). Time is that of the versions, not of the clock:
 * what is older than the greatest time seen less the history is forgotten, and not taken in any more.
 *
 * @example
 * store.put('a', 'first', 10);
 * store.put('a', 'second', 20);
 * store.get('a', 15); // { value: 'first', timestamp: 10 }
 */
export interface VersionedKeyValueStore<K, V> {
  /** As it was declared. */
  readonly name: string;
  /**
   * Puts a version, valid from `timestamp` (ms) until the next one; null says that there is no row from then on. Gives when the next version begins,
   * `VersionedResult.stillValid` (-1) when there is none, or `VersionedResult.notPut` when the version is older than the history: then it is counted as dropped.
   */
  put(key: K, value: V | null, timestamp: number): number;
  /** Puts that there is no row from `timestamp` on; gives the version that was valid then. Null when there was none, or when it is older than the history. */
  delete(key: K, timestamp: number): VersionedRecord<V> | null;
  /** The latest version, or the one that was valid at a time (ms). Null when there was none, or when the time lies before the history. */
  get(key: K, asOf?: number): VersionedRecord<V> | null;
}

/** What `put` of a versioned store gives in place of a time (JVM: PUT_RETURN_CODE_VALID_TO_UNDEFINED and PUT_RETURN_CODE_NOT_PUT). */
export const VersionedResult = {
  /** No later version is known. */
  stillValid: -1,
  /** The version was not put: it is older than the history. */
  notPut: -(2 ** 63),
} as const;
