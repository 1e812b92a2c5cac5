/** State stores, as processors see them (JVM: org.apache.kafka.streams.state). They are read and written at once. */

/** A row: key and value. */
export type StoredPair<K, V> = readonly [key: K, value: V];

/** A value and when it was set. */
export interface ValueAndTimestamp<V> {
  /** The value itself. */
  readonly value: V;
  /** Event time, ms. */
  readonly timestamp: number;
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
  /** Rows whose key begins with these bytes. */
  prefixScan(prefix: Uint8Array): Iterable<StoredPair<K, V>>;
}

/** Rows by key that can be changed. */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** Null deletes. */
  put(key: K, value: V | null): void;
  /** Puts where there is no row; gives the row's value where there is one, else null. */
  putIfAbsent(key: K, value: V | null): V | null;
  /** Gives what was there. */
  delete(key: K): V | null;
}

/** Rows with a timestamp of their own: those of the DSL's tables are such. */
export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>;

/** The key of a row in a window. */
export interface WindowedKey<K> {
  /** The key of the records. */
  readonly key: K;
  /** ms; `end` is exclusive in windows and inclusive in sessions. */
  readonly window: { readonly start: number; readonly end: number };
}

/** Rows by key and start of their window, ms. Those that are older than the retention, in event time, are not there. */
export interface WindowStore<K, V> {
  /** The name it was declared with. */
  readonly name: string;
  /** Null deletes (nothing, where duplicates are kept). */
  put(key: K, value: V | null, windowStart: number): void;
  /** The row of one window. */
  fetch(key: K, windowStart: number): V | null;
  /** Rows of windows that start in `[from, to]`, in the order of their start. */
  fetchRange(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: V]>;
  /** All rows that are kept, by key and start. */
  all(): Iterable<StoredPair<WindowedKey<K>, V>>;
}

/** Rows by key and window with a timestamp of their own: those of windowed tables are such. */
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>;

/** Rows by key and session. */
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
  /** All sessions of a key. */
  fetch(key: K): Iterable<StoredPair<WindowedKey<K>, V>>;
}
