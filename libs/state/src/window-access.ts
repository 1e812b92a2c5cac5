/** Window stores as processors see them. */
import type { ValueAndTimestamp, WindowedKey, WindowStore as Access } from '@millrace/topology';
import type { JoinWindowStore } from './join-window-store.ts';
import type { SpanStore } from './span-store.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreRow } from './store-row.ts';

/** Rows by key and start of their window, however a store keeps them. */
export interface WindowRows {
  row(key: unknown, start: number): StoreRow;
  put(row: StoreRow, value: unknown, timestamp: number, recordTime: number): void;
  /** Rows of windows that start in `[from, to]`. */
  fetch(key: unknown, from: number, to: number): readonly StoreEntry[];
  all(): readonly StoreEntry[];
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
    fetch: (key, from, to) => store.find(key, from, to),
    all: () => store.all(),
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
export function windowAccess(store: WindowRows, options: WindowAccessOptions): Access<unknown, unknown> {
  return access<unknown>(
    store,
    options,
    ({ value }) => value,
    (value, now) => [value, now],
  );
}

/** Values with a timestamp of their own. */
export function timestampedWindowAccess(
  store: WindowRows,
  options: WindowAccessOptions,
): Access<unknown, ValueAndTimestamp<unknown>> {
  return access<ValueAndTimestamp<unknown>>(
    store,
    options,
    ({ value, timestamp }) => ({ value, timestamp }),
    ({ value, timestamp }) => [value, timestamp],
  );
}

function access<V>(
  store: WindowRows,
  { name, time, isInMemory, expired }: WindowAccessOptions,
  read: (entry: StoreEntry) => V,
  written: (value: V, now: number) => readonly [value: unknown, timestamp: number],
): Access<unknown, V> {
  const startOf = ({ key }: StoreEntry): number => (key as WindowedKey<unknown>).window.start;
  return {
    name,
    put: (key, value, start) => {
      const now = time();
      if (store.isExpired(start, isInMemory)) expired();
      const [bare, timestamp] = value === null ? [null, now] : written(value, now);
      store.put(store.row(key, start), bare, timestamp, now);
    },
    fetch: (key, start) => {
      const [entry] = store.fetch(key, start, start);
      return entry === undefined ? null : read(entry);
    },
    fetchRange: (key, from, to) => store.fetch(key, from, to).map((entry) => [startOf(entry), read(entry)] as const),
    all: () => store.all().map((entry) => [entry.key as WindowedKey<unknown>, read(entry)] as const),
  };
}

/** Several rows a key and window, in the order in which they were put; null puts nothing, but is logged (JVM). */
export function duplicatesAccess(
  store: JoinWindowStore,
  { name, time, expired }: WindowAccessOptions,
): Access<unknown, unknown> {
  const fetchRange = (key: unknown, from: number, to: number): (readonly [number, unknown])[] => {
    const rows = store.rowsOf(key);
    const live = rows.slice(store.firstAt(rows, from)).filter(({ timestamp }) => timestamp <= to);
    return live.map((row) => [row.timestamp, store.valueOf(row)] as const);
  };
  return {
    name,
    put: (key, value, start) => {
      if (!store.put(key, value, start, time())) expired();
    },
    fetch: (key, start) => fetchRange(key, start, start)[0]?.[1] ?? null,
    fetchRange,
    all: () => store.all().map(({ key, value }) => [key as WindowedKey<unknown>, value] as const),
  };
}
