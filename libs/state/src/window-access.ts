/** Window stores as processors see them. */
import type { ValueWithHeaders } from '@millrace/serde';
import type {
  StoredPair,
  ValueAndTimestamp,
  ValueTimestampHeaders,
  WindowedKey,
  WindowStore as Access,
} from '@millrace/topology';
import type { JoinWindowStore } from './join-window-store.ts';
import { asItIs, keptWithHeaders, type KeptValue } from './kept-value.ts';
import type { SpanStore } from './span-store.ts';
import { isWithinKeys, type KeyBounds } from './store-read.ts';
import type { StoreRow } from './store-row.ts';
import type { WindowEntry } from './window-order.ts';

/** Rows of windows in the order of their store. */
interface ReadWindows {
  keyBytes(key: unknown): Uint8Array;
  /** Of one key, in windows that start in `[from, to]`, in the order of their start. */
  fetch(key: unknown, from: number, to: number): readonly WindowEntry[];
  /** Of all keys. */
  rows(from: number, to: number): readonly WindowEntry[];
}

/** Rows by key and start of their window, however a store keeps them. */
export interface WindowRows extends ReadWindows {
  row(key: unknown, start: number): StoreRow;
  put(row: StoreRow, value: unknown, timestamp: number, recordTime: number): void;
  /** Such a row would not be seen any more. */
  isExpired(start: number, isInMemory: boolean): boolean;
}

/** Windows of one size that are kept as spans: those of sliding windows. The store counts itself what has expired. */
export function spanWindows(store: SpanStore, sizeMs: number): WindowRows {
  const row = (key: unknown, start: number): ReturnType<SpanStore['row']> =>
    store.row(key, { start, end: start + sizeMs });
  return {
    row,
    put: ({ key }, value, timestamp, recordTime) => {
      const { key: bare, window } = key as WindowedKey<unknown>;
      store.put(row(bare, window.start), value, timestamp, recordTime);
    },
    keyBytes: (key) => store.keyBytes(key),
    fetch: (key, from, to) => store.entriesOf(key, from, to),
    rows: (from, to) => store.rows(from, to),
    isExpired: () => false,
  };
}

export interface WindowAccessOptions {
  readonly name: string;
  /** Time of the record that is being processed, ms. */
  readonly time: () => number;
  readonly isInMemory: boolean;
  /** Counts rows that were written although their window has expired. */
  readonly expired: () => void;
}

/** Values as they are; a row has the time of the record that wrote it. */
export function windowAccess(
  store: WindowRows,
  options: WindowAccessOptions,
  kept: KeptValue = asItIs,
): Access<unknown, unknown> {
  return access<unknown>(
    store,
    options,
    ({ value }) => kept.read(value),
    (value, now) => [kept.written(value), now],
  );
}

/** Values with a timestamp of their own. */
export function timestampedWindowAccess(
  store: WindowRows,
  options: WindowAccessOptions,
  kept: KeptValue = asItIs,
): Access<unknown, ValueAndTimestamp<unknown>> {
  return access<ValueAndTimestamp<unknown>>(
    store,
    options,
    ({ value, timestamp }) => ({ value: kept.read(value), timestamp }),
    ({ value, timestamp }) => [kept.written(value), timestamp],
  );
}

/** The same with headers of their own. */
export function windowWithHeadersAccess(
  store: WindowRows,
  options: WindowAccessOptions,
): Access<unknown, ValueTimestampHeaders<unknown>> {
  return access<ValueTimestampHeaders<unknown>>(
    store,
    options,
    ({ value, timestamp }) => ({ ...(value as ValueWithHeaders<unknown>), timestamp }),
    ({ value, timestamp, headers }) => [keptWithHeaders(value, headers), timestamp],
  );
}

function access<V>(
  store: WindowRows,
  { name, time, isInMemory, expired }: WindowAccessOptions,
  read: (entry: WindowEntry) => V,
  written: (value: V, now: number) => readonly [value: unknown, timestamp: number],
): Access<unknown, V> {
  return {
    name,
    put: (key, value, start) => {
      const now = time();
      if (store.isExpired(start, isInMemory)) expired();
      const [bare, timestamp] = value === null ? [null, now] : written(value, now);
      store.put(store.row(key, start), bare, timestamp, now);
    },
    ...windowReads(store, read),
  };
}

/** Several rows a key and window, in the order in which they were put; null puts nothing, but is logged (JVM). */
export function duplicatesAccess(
  store: JoinWindowStore,
  { name, time, expired }: WindowAccessOptions,
): Access<unknown, unknown> {
  return {
    name,
    put: (key, value, start) => {
      if (!store.put(key, value, start, time())) expired();
    },
    ...windowReads(store, ({ value }) => value),
  };
}

/** Reading is the same of all of them. Null stands for open ends, so that ranges of keys are told from one key by their number of arguments (JVM). */
function windowReads<V>(store: ReadWindows, read: (entry: WindowEntry) => V): Omit<Access<unknown, V>, 'name' | 'put'> {
  type Row = readonly [windowStart: number, value: V];
  type Pair = StoredPair<WindowedKey<unknown>, V>;
  const ofKey = (key: unknown, from: number, to: number): Row[] =>
    store.fetch(key, from, to).map((entry) => [entry.key.window.start, read(entry)] as const);
  const pairs = (keys: KeyBounds, from: number, to: number): Pair[] =>
    store
      .rows(from, to)
      .filter(({ keyBytes }) => isWithinKeys(keyBytes, keys))
      .map((entry) => [entry.key, read(entry)] as const);
  const fetch = (...given: readonly unknown[]): Row[] | Pair[] => {
    const [from, to] = given.slice(-2) as [number, number];
    return given.length === 4 ? pairs(keyBounds(store, given[0], given[1]), from, to) : ofKey(given[0], from, to);
  };
  return {
    fetch: ((...given: [unknown, number]) =>
      given.length === 2 ? (ofKey(given[0], given[1], given[1])[0]?.[1] ?? null) : fetch(...given)) as Access<
      unknown,
      V
    >['fetch'],
    fetchRange: ofKey,
    backwardFetch: ((...given: readonly unknown[]) => fetch(...given).reverse()) as Access<unknown, V>['backwardFetch'],
    fetchAll: (from, to) => pairs({}, from, to),
    backwardFetchAll: (from, to) => pairs({}, from, to).reverse(),
    all: () => pairs({}, 0, Infinity),
    backwardAll: () => pairs({}, 0, Infinity).reverse(),
  };
}

/** A range of keys, both inclusive; null: open. */
export function keyBounds(store: { keyBytes(key: unknown): Uint8Array }, keyFrom: unknown, keyTo: unknown): KeyBounds {
  return {
    ...(keyFrom === null ? {} : { fromKey: store.keyBytes(keyFrom) }),
    ...(keyTo === null ? {} : { toKey: store.keyBytes(keyTo) }),
  };
}
