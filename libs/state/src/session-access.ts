/** Session stores as processors see them. */
import type { ValueWithHeaders } from '@millrace/serde';
import type { AggregationWithHeaders, SessionStore as Access, StoredPair, WindowedKey } from '@millrace/topology';
import { asItIs, keptWithHeaders, type KeptValue } from './kept-value.ts';
import type { SpanStore } from './span-store.ts';
import { isWithinKeys } from './store-read.ts';
import { keyBounds } from './window-access.ts';
import type { WindowEntry } from './window-order.ts';

/** `time` is that of the record that is being processed, ms. */
export function sessionAccess(
  name: string,
  store: SpanStore,
  time: () => number,
  kept: KeptValue = asItIs,
): Access<unknown, unknown> {
  return access<unknown>(name, store, time, kept);
}

/** Aggregates with headers of their own. */
export function sessionWithHeadersAccess(
  name: string,
  store: SpanStore,
  time: () => number,
): Access<unknown, AggregationWithHeaders<unknown>> {
  return access<AggregationWithHeaders<unknown>>(name, store, time, {
    read: (kept) => {
      const { value, headers } = kept as ValueWithHeaders<unknown>;
      return { aggregation: value, headers };
    },
    written: (value) => {
      const { aggregation, headers } = value as AggregationWithHeaders<unknown>;
      return keptWithHeaders(aggregation, headers);
    },
  });
}

function access<V>(
  name: string,
  store: SpanStore,
  time: () => number,
  { read, written }: KeptValue,
): Access<unknown, V> {
  type Sessions = StoredPair<WindowedKey<unknown>, V>[];
  const pairs = (entries: readonly WindowEntry[]): Sessions =>
    entries.map(({ key, value }) => [key, read(value) as V] as const);
  const put = ({ key, window }: WindowedKey<unknown>, value: V | null): void => {
    const now = time();
    store.put(store.row(key, window), value === null ? null : written(value), now, now);
  };
  /** Of one key, or of a range of keys; which it is shows in their number. */
  const find = (keys: readonly unknown[], earliestEnd: number, latestStart: number): Sessions => {
    if (keys.length === 1) return pairs(store.entriesOf(keys[0], earliestEnd, latestStart));
    const bounds = keyBounds(store, keys[0], keys[1]);
    const isMeant = ({ key, keyBytes }: WindowEntry): boolean =>
      key.window.start <= latestStart && isWithinKeys(keyBytes, bounds);
    return pairs(store.rows(earliestEnd, Infinity).filter(isMeant));
  };
  const findSessions = (...given: readonly unknown[]): Sessions => {
    const [from, to] = given.slice(-2) as [number, number];
    return given.length === 2 ? pairs(store.rows(from, to)) : find(given.slice(0, -2), from, to);
  };
  const fetch = (...keys: readonly unknown[]): Sessions => find(keys, 0, Infinity);
  return {
    name,
    put,
    remove: ({ key, window }) => store.remove(store.row(key, window), time()),
    fetchSession: (key, start, end) => {
      const found = store
        .find(key, end, start)
        .find(({ key: { window } }) => window.start === start && window.end === end);
      return found === undefined || found.value === null ? null : (read(found.value) as V);
    },
    findSessions,
    backwardFindSessions: (...given: readonly unknown[]) => findSessions(...given).reverse(),
    fetch,
    backwardFetch: (...keys: readonly unknown[]) => fetch(...keys).reverse(),
  };
}
