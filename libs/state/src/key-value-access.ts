/** Key-value stores as processors see them. */
import type { KeyRange } from '@millrace/ports';
import type { Serde, ValueWithHeaders } from '@millrace/serde';
import type { KeyValueStore as Access, StoredPair, ValueAndTimestamp, ValueTimestampHeaders } from '@millrace/topology';
import type { KeyValueStore } from './key-value-store.ts';
import { asItIs, keptWithHeaders, type KeptValue } from './kept-value.ts';
import type { StoreEntry } from './store-entry.ts';
import { afterPrefix, justAfter } from './store-read.ts';
import type { StoreRow } from './store-row.ts';

/** How what a processor stores becomes a row: a row of a plain store has the time of the record that wrote it. */
interface RowShape<V> {
  /** What a processor gets; null when there is no row. */
  read(row: Pick<StoreRow, 'value' | 'timestamp'>): V | null;
  put(row: StoreRow, value: V | null): void;
}

/** Values as they are. `time` is that of the record that is being processed, ms. */
export function keyValueAccess(
  name: string,
  store: KeyValueStore,
  time: () => number,
  kept: KeptValue = asItIs,
): Access<unknown, unknown> {
  return access<unknown>(name, store, {
    read: ({ value }) => (value === null ? null : kept.read(value)),
    put: (row, value) => {
      const now = time();
      store.put(row, value === null ? null : kept.written(value), now, now);
    },
  });
}

/** Values with a timestamp of their own, as tables have them. */
export function timestampedKeyValueAccess(
  name: string,
  store: KeyValueStore,
  time: () => number,
  kept: KeptValue = asItIs,
): Access<unknown, ValueAndTimestamp<unknown>> {
  return access<ValueAndTimestamp<unknown>>(name, store, {
    read: ({ value, timestamp }) => (value === null ? null : { value: kept.read(value), timestamp }),
    put: (row, value) => {
      const now = time();
      if (value === null) store.put(row, null, now, now);
      else store.put(row, kept.written(value.value), value.timestamp, now);
    },
  });
}

/** The same with headers of their own. */
export function keyValueWithHeadersAccess(
  name: string,
  store: KeyValueStore,
  time: () => number,
): Access<unknown, ValueTimestampHeaders<unknown>> {
  return access<ValueTimestampHeaders<unknown>>(name, store, {
    read: ({ value, timestamp }) => (value === null ? null : { ...(value as ValueWithHeaders<unknown>), timestamp }),
    put: (row, value) => {
      const now = time();
      if (value === null) store.put(row, null, now, now);
      else store.put(row, keptWithHeaders(value.value, value.headers), value.timestamp, now);
    },
  });
}

function access<V>(name: string, store: KeyValueStore, { read, put }: RowShape<V>): Access<unknown, V> {
  const pair = (entry: StoreEntry): StoredPair<unknown, V> => [entry.key, read(entry) as V];
  const range = (from: unknown, to: unknown, reverse: boolean): StoredPair<unknown, V>[] => {
    const gte = from === null ? undefined : store.keyBytes(from);
    const lt = to === null ? undefined : justAfter(store.keyBytes(to));
    return store.range({ ...bounds(gte, lt), reverse }).map(pair);
  };
  return {
    name,
    get: (key) => read(store.row(key)),
    put: (key, value) => put(store.row(key), value),
    putIfAbsent: (key, value) => {
      const row = store.row(key);
      const found = read(row);
      if (found === null) put(row, value);
      return found;
    },
    putAll: (rows) => {
      for (const [key, value] of rows) put(store.row(key), value);
    },
    delete: (key) => {
      const row = store.row(key);
      const found = read(row);
      put(row, null);
      return found;
    },
    range: (from, to) => range(from, to, false),
    reverseRange: (from, to) => range(from, to, true),
    all: () => range(null, null, false),
    reverseAll: () => range(null, null, true),
    prefixScan: (prefix: unknown, serde?: Serde<unknown>) => {
      const bytes = serde === undefined ? (prefix as Uint8Array) : store.bytesBy(serde, prefix);
      return store.range(bounds(bytes, afterPrefix(bytes))).map(pair);
    },
    approximateNumEntries: () => store.range({}).length,
  };
}

function bounds(gte: Uint8Array | undefined, lt: Uint8Array | undefined): KeyRange {
  return { ...(gte === undefined ? {} : { gte }), ...(lt === undefined ? {} : { lt }) };
}
