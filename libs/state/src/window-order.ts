/**
 * The order in which stores of windows and sessions are walked (JVM): on disk by segment, then by key with its times as the changelog has it; where keys on
 * disk begin with their time, by time, start and key; in memory by time, then key, then start, the latest first.
 */
import type { WindowedKey } from '@millrace/topology';
import { segmentMs } from './local-keys.ts';
import type { StoreEntry } from './store-entry.ts';

/** A row of a window or session, with what puts it in order. */
export interface WindowEntry extends StoreEntry {
  readonly key: WindowedKey<unknown>;
  readonly keyBytes: Uint8Array;
  /** What expires it, ms. */
  readonly time: number;
}

/** Which store it is. */
export interface WindowOrder {
  readonly inMemory: boolean;
  /** Keys on disk begin with their time. */
  readonly timeOrdered?: boolean;
  readonly retentionMs: number;
  /** The JVM's key of a row on disk. */
  readonly changelogKey: (entry: WindowEntry) => Uint8Array;
}

/** Puts rows in the order of their store. Those of one place stay as they come. */
export function inStoreOrder(entries: readonly WindowEntry[], order: WindowOrder): WindowEntry[] {
  const { inMemory, timeOrdered = false, retentionMs, changelogKey } = order;
  if (inMemory) return [...entries].sort((a, b) => a.time - b.time || byKey(a, b) || byStart(b, a));
  if (timeOrdered) return [...entries].sort((a, b) => a.time - b.time || byStart(a, b) || byKey(a, b));
  const segment = segmentMs(retentionMs);
  return entries
    .map((entry) => ({ entry, segment: Math.floor(entry.time / segment), place: changelogKey(entry) }))
    .sort((a, b) => a.segment - b.segment || Buffer.compare(a.place, b.place))
    .map(({ entry }) => entry);
}

function byKey(a: WindowEntry, b: WindowEntry): number {
  return Buffer.compare(a.keyBytes, b.keyBytes);
}

function byStart(a: WindowEntry, b: WindowEntry): number {
  return a.key.window.start - b.key.window.start;
}
