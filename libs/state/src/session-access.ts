/** Session stores as processors see them. */
import type { SessionStore as Access, StoredPair, WindowedKey } from '@millrace/topology';
import type { SpanRow, SpanStore } from './span-store.ts';

/** `time` is that of the record that is being processed, ms. */
export function sessionAccess(name: string, store: SpanStore, time: () => number): Access<unknown, unknown> {
  const pair = ({ key, value }: SpanRow): StoredPair<WindowedKey<unknown>, unknown> => [key, value];
  const put = ({ key, window }: WindowedKey<unknown>, value: unknown): void => {
    const now = time();
    store.put(store.row(key, window), value, now, now);
  };
  return {
    name,
    put,
    remove: (session) => put(session, null),
    fetchSession: (key, start, end) => {
      const found = store
        .find(key, end, start)
        .find(({ key: { window } }) => window.start === start && window.end === end);
      return found?.value ?? null;
    },
    findSessions: (key, earliestEnd, latestStart) => store.find(key, earliestEnd, latestStart).map(pair),
    fetch: (key) => store.find(key, 0, Number.MAX_SAFE_INTEGER).map(pair),
  };
}
