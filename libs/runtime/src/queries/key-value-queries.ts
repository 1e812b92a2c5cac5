import type { Serde } from '@millrace/serde';
import type { StoredPair, ValueAndTimestamp, ValueTimestampHeaders } from '@millrace/topology';
import type { QueryRows } from './query-rows.ts';
import { queryRows, type StoreReader } from './store-reader.ts';
import type { RowShape } from './store-serdes.ts';

/**
 * A key-value store, read from outside (JVM: ReadOnlyKeyValueStore). Rows of a range come in the order of the keys' bytes, over all partitions that are
 * read. Every read may reject with an error MR_QUERY_…; those of severity `retriable` pass when the group has settled.
 *
 * ```ts
 * const counts = streams.store('counts', QueryableStoreTypes.keyValue<string, bigint>());
 * await counts.get('kafka');
 * for await (const [word, count] of counts.range('a', 'b')) console.log(word, count);
 * ```
 */
export interface QueryableKeyValueStore<K, V> {
  /** Of the store. */
  readonly name: string;
  /** Null when there is none. */
  get(key: K): Promise<V | null>;
  /** Rows from `from` to `to`, both inclusive; null: open. */
  range(from: K | null, to: K | null): QueryRows<StoredPair<K, V>>;
  /** The same from `to` to `from`. */
  reverseRange(from: K | null, to: K | null): QueryRows<StoredPair<K, V>>;
  /** All rows. */
  all(): QueryRows<StoredPair<K, V>>;
  /** All rows, the greatest key first. */
  reverseAll(): QueryRows<StoredPair<K, V>>;
  /** Rows whose key begins with these bytes, or with those that a serde makes of a prefix. */
  prefixScan(prefix: Uint8Array): QueryRows<StoredPair<K, V>>;
  prefixScan<P>(prefix: P, serde: Serde<P>): QueryRows<StoredPair<K, V>>;
  /** How many rows there are. They are counted, in slices: O(rows), and rows that come or go meanwhile may be missed. */
  approximateNumEntries(): Promise<number>;
}

/** Values with the event time of their row, ms. */
export type QueryableTimestampedKeyValueStore<K, V> = QueryableKeyValueStore<K, ValueAndTimestamp<V>>;

export const plainValue: RowShape<unknown> = (_row, _key, value) => value();

export const timestampedValue: RowShape<ValueAndTimestamp<unknown>> = ({ timestamp }, _key, value) => ({
  value: value(),
  timestamp,
});

export const valueWithHeaders: RowShape<ValueTimestampHeaders<unknown>> = ({ timestamp }, _key, value, headers) => ({
  value: value(),
  timestamp,
  headers,
});

export function keyValueQueries<V>(
  name: string,
  reader: StoreReader,
  valueOf: RowShape<V>,
): QueryableKeyValueStore<unknown, V> {
  const { serdes } = reader;
  const pair: RowShape<StoredPair<unknown, V>> = (row, key, value, headers) => [
    key(),
    valueOf(row, key, value, headers),
  ];
  const range = (from: unknown, to: unknown, reverse: boolean): QueryRows<StoredPair<unknown, V>> =>
    queryRows(
      reader,
      async () => ({
        type: 'keys',
        reverse,
        ...(from === null ? {} : { fromKey: await serdes.keyBytes(from) }),
        ...(to === null ? {} : { toKey: await serdes.keyBytes(to) }),
      }),
      pair,
    );
  return {
    name,
    get: (key) => queryRows(reader, async () => ({ type: 'key', key: await serdes.keyBytes(key) }), valueOf).first(),
    range: (from, to) => range(from, to, false),
    reverseRange: (from, to) => range(from, to, true),
    all: () => range(null, null, false),
    reverseAll: () => range(null, null, true),
    prefixScan: (prefix: unknown, serde?: Serde<unknown>) =>
      queryRows(reader, () => ({ type: 'prefix', prefix: serdes.prefixBytes(prefix, serde), reverse: false }), pair),
    approximateNumEntries: async () => {
      let count = 0;
      for await (const rows of reader.rows({ type: 'keys', reverse: false })) count += rows.length;
      return count;
    },
  };
}
