import type { AggregationWithHeaders, StoredPair, WindowedKey } from '@millrace/topology';
import type { QueryRows } from './query-rows.ts';
import { queryRows, type StoreReader } from './store-reader.ts';
import type { RowShape } from './store-serdes.ts';
import { always, windowedKey, windowsRead } from './window-queries.ts';

type Sessions<K, V> = QueryRows<StoredPair<WindowedKey<K>, V>>;

/**
 * A session store, read from outside (JVM: ReadOnlySessionStore). Times are ms, both ends of a session belong to it. Sessions of one key come in the order
 * of their end.
 */
export interface QueryableSessionStore<K, V> {
  /** Of the store. */
  readonly name: string;
  /** Sessions of a key that end at `earliestEnd` or later and start at `latestStart` or earlier. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>;
  /** The same of the keys from `keyFrom` to `keyTo`, both inclusive; null: open. */
  findSessions(keyFrom: K | null, keyTo: K | null, earliestEnd: number, latestStart: number): Sessions<K, V>;
  /** The same, the latest first. */
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>;
  backwardFindSessions(keyFrom: K | null, keyTo: K | null, earliestEnd: number, latestStart: number): Sessions<K, V>;
  /** The session with these ends; null when there is none. */
  fetchSession(key: K, start: number, end: number): Promise<V | null>;
  /** All sessions of a key, or of a range of keys, both inclusive; null: open. */
  fetch(key: K): Sessions<K, V>;
  fetch(keyFrom: K | null, keyTo: K | null): Sessions<K, V>;
  /** The same, the latest first. */
  backwardFetch(key: K): Sessions<K, V>;
  backwardFetch(keyFrom: K | null, keyTo: K | null): Sessions<K, V>;
}

export const aggregationWithHeaders: RowShape<AggregationWithHeaders<unknown>> = (_row, _key, value, headers) => ({
  aggregation: value(),
  headers,
});

export function sessionQueries<V>(
  name: string,
  reader: StoreReader,
  valueOf: RowShape<V>,
): QueryableSessionStore<unknown, V> {
  const pair: RowShape<StoredPair<WindowedKey<unknown>, V>> = (row, key, value, headers) => [
    windowedKey(row, key),
    valueOf(row, key, value, headers),
  ];
  const find = (reverse: boolean, keys: readonly unknown[], from: number, to: number): Sessions<unknown, V> => {
    const [keyFrom, keyTo] = keys.length === 1 ? [keys[0] ?? undefined, keys[0] ?? undefined] : keys;
    return queryRows(reader, () => windowsRead(reader, [keyFrom, keyTo, from, to], reverse), pair);
  };
  const findSessions =
    (reverse: boolean) =>
    (...given: unknown[]): Sessions<unknown, V> => {
      const [from, to] = given.slice(-2) as [number, number];
      return find(reverse, given.slice(0, -2), from, to);
    };
  const fetch =
    (reverse: boolean) =>
    (...keys: unknown[]): Sessions<unknown, V> =>
      find(reverse, keys, 0, always);
  return {
    name,
    findSessions: findSessions(false),
    backwardFindSessions: findSessions(true),
    fetchSession: async (key, start, end) => {
      const read = () => windowsRead(reader, [key ?? undefined, key ?? undefined, end, start], false);
      const exact: RowShape<readonly [boolean, V]> = (row, rowKey, value, headers) => [
        row.start === start && row.end === end,
        valueOf(row, rowKey, value, headers),
      ];
      for await (const [isIt, value] of queryRows(reader, read, exact)) if (isIt) return value;
      return null;
    },
    fetch: fetch(false),
    backwardFetch: fetch(true),
  };
}
