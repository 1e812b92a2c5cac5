import type { StoreRead } from '@millrace/state';
import type { StoredPair, ValueAndTimestamp, WindowedKey } from '@millrace/topology';
import type { QueryRows } from './query-rows.ts';
import { queryRows, type StoreReader } from './store-reader.ts';
import type { RowShape } from './store-serdes.ts';

/** A row of one key: start of its window, ms, and value. */
export type WindowRow<V> = readonly [start: number, value: V];

/**
 * A window store, read from outside (JVM: ReadOnlyWindowStore). Times are starts of windows, ms, both ends inclusive. Rows of one key come in the order of
 * their start, those of several by start, then by the bytes of the key (sliding windows by stretches of time, then key, then start). Windows that are
 * older than the retention, in event time, may be gone.
 */
export interface QueryableWindowStore<K, V> {
  /** Of the store. */
  readonly name: string;
  /** The row of the window that starts at `time`; null when there is none. */
  fetch(key: K, time: number): Promise<V | null>;
  /** Rows of a key in windows that start in `[from, to]`. */
  fetch(key: K, from: number, to: number): QueryRows<WindowRow<V>>;
  /** Rows of the keys from `keyFrom` to `keyTo`, both inclusive; null: open. */
  fetch(keyFrom: K | null, keyTo: K | null, from: number, to: number): QueryRows<StoredPair<WindowedKey<K>, V>>;
  /** The same, the latest first. */
  backwardFetch(key: K, from: number, to: number): QueryRows<WindowRow<V>>;
  backwardFetch(keyFrom: K | null, keyTo: K | null, from: number, to: number): QueryRows<StoredPair<WindowedKey<K>, V>>;
  /** Rows of all keys. */
  fetchAll(from: number, to: number): QueryRows<StoredPair<WindowedKey<K>, V>>;
  /** The same, the latest first. */
  backwardFetchAll(from: number, to: number): QueryRows<StoredPair<WindowedKey<K>, V>>;
  /** All rows. */
  all(): QueryRows<StoredPair<WindowedKey<K>, V>>;
  /** All rows, the latest first. */
  backwardAll(): QueryRows<StoredPair<WindowedKey<K>, V>>;
}

/** Values with the event time of their row, ms. */
export type QueryableTimestampedWindowStore<K, V> = QueryableWindowStore<K, ValueAndTimestamp<V>>;

type Range = readonly [keyFrom: unknown, keyTo: unknown, from: number, to: number];

export const always = Number.MAX_SAFE_INTEGER;

/** A read of windows of a range of keys; null: open. */
export async function windowsRead(
  { serdes }: StoreReader,
  [keyFrom, keyTo, from, to]: Range,
  reverse: boolean,
): Promise<StoreRead> {
  const fromKey = keyFrom === null ? undefined : await serdes.keyBytes(keyFrom);
  const toKey = keyTo === keyFrom ? fromKey : keyTo === null ? undefined : await serdes.keyBytes(keyTo);
  const keys = { ...(fromKey === undefined ? {} : { fromKey }), ...(toKey === undefined ? {} : { toKey }) };
  return { type: 'windows', from, to, reverse, ...keys };
}

export function windowedKey({ start, end }: { start: number; end: number }, key: () => unknown): WindowedKey<unknown> {
  return { key: key(), window: { start, end } };
}

export function windowQueries<V>(
  name: string,
  reader: StoreReader,
  valueOf: RowShape<V>,
): QueryableWindowStore<unknown, V> {
  const ofKey: RowShape<WindowRow<V>> = (row, key, value, headers) => [row.start, valueOf(row, key, value, headers)];
  const ofKeys: RowShape<StoredPair<WindowedKey<unknown>, V>> = (row, key, value, headers) => [
    windowedKey(row, key),
    valueOf(row, key, value, headers),
  ];
  const keys = (range: Range, reverse: boolean): QueryRows<StoredPair<WindowedKey<unknown>, V>> =>
    queryRows(reader, () => windowsRead(reader, range, reverse), ofKeys);
  const fetch = (reverse: boolean, given: readonly unknown[]): unknown => {
    if (given.length === 4) return keys(given as unknown as Range, reverse);
    const [key, from, to = from] = given as readonly [unknown, number, number?];
    const one = key === null ? undefined : key;
    const read = (): Promise<StoreRead> => windowsRead(reader, [one, one, from, to], reverse);
    return given.length === 2 ? queryRows(reader, read, valueOf).first() : queryRows(reader, read, ofKey);
  };
  return {
    name,
    fetch: ((...given: unknown[]) => fetch(false, given)) as QueryableWindowStore<unknown, V>['fetch'],
    backwardFetch: ((...given: unknown[]) => fetch(true, given)) as QueryableWindowStore<unknown, V>['backwardFetch'],
    fetchAll: (from, to) => keys([null, null, from, to], false),
    backwardFetchAll: (from, to) => keys([null, null, from, to], true),
    all: () => keys([null, null, 0, always], false),
    backwardAll: () => keys([null, null, 0, always], true),
  };
}
