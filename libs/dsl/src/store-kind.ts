/** Which kinds of stores a table can be kept in, as far as `Materialized` says; what the JVM library refuses is refused here. */
import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { HistorySpec } from '@millrace/topology';

/** A store that keeps the earlier values of its rows (KIP-889). */
export interface VersionedOptions {
  /** How far back versions are kept, in event time; how late one may come. */
  readonly history: Duration;
  /** The history is forgotten in pieces of this length, at least 1 ms. @default about a twelfth of the history, as in the JVM library */
  readonly segmentInterval?: Duration;
}

/** What `Materialized` says about the kind of a store. */
export interface StoreKindOptions {
  readonly name?: string | undefined;
  readonly versioned?: VersionedOptions | undefined;
  readonly maxEntries?: number | undefined;
}

/** Throws MR_TOPOLOGY_STORE_KIND when the kind asks for a store that nobody has named: what is kept nowhere has no versions. */
export function requireStoreName({ name, versioned }: StoreKindOptions, node: string): void {
  if (name !== undefined || versioned === undefined) return;
  throw millraceError('MR_TOPOLOGY_STORE_KIND', { store: `of ${node}`, kind: 'versioned', problem: 'it has no name' });
}

/** Throws MR_TOPOLOGY_STORE_KIND: windows, sessions and global tables have no versions, and are not kept by use. */
export function refuseKinds(store: string, { versioned, maxEntries }: StoreKindOptions, problem: string): void {
  const kind = versioned !== undefined ? 'versioned' : maxEntries === undefined ? undefined : 'limited in its rows';
  if (kind !== undefined) throw millraceError('MR_TOPOLOGY_STORE_KIND', { store, kind, problem });
}

export function entryLimit(store: string, maxEntries: number): number {
  if (Number.isSafeInteger(maxEntries) && maxEntries >= 0) return maxEntries;
  throw millraceError('MR_TOPOLOGY_STORE_KIND', {
    store,
    kind: 'limited in its rows',
    problem: `at most ${maxEntries} rows`,
  });
}

export function historySpec(store: string, versioned: VersionedOptions): HistorySpec {
  const { history, segmentInterval } = versioned ?? {};
  const historyMs = durationMs(history);
  const segmentMs = segmentInterval === undefined ? defaultSegmentMs(historyMs) : durationMs(segmentInterval);
  if (segmentMs >= 1) return { historyMs, segmentMs };
  const problem = `a segment interval of ${segmentMs} ms`;
  throw millraceError('MR_TOPOLOGY_STORE_KIND', { store, kind: 'versioned', problem });
}

const [second, minute] = [1_000, 60_000];

/** The JVM library's choice: more pieces for a longer history, none too small. */
function defaultSegmentMs(historyMs: number): number {
  if (historyMs <= minute) return Math.max(Math.floor(historyMs / 3), 2 * second);
  if (historyMs <= 5 * minute) return Math.max(Math.floor(historyMs / 5), 20 * second);
  if (historyMs <= 60 * minute) return Math.max(Math.floor(historyMs / 12), minute);
  return Math.max(Math.floor(historyMs / 24), 5 * minute);
}
