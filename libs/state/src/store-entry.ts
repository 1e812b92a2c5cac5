/** Rows as a reader sees them: what the engine has, with what it does not know yet laid over. */
import { invariant } from '@millrace/base';
import type { KeyRange, KeyValue, StateEngine } from '@millrace/ports';
import type { StoreRow } from './store-row.ts';

/** A row as it is read from outside. */
export interface StoreEntry {
  /** Decoded; `Windowed` for windows. */
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/** A row of a scan, by its local key; `row` when it is one that the engine does not know yet. */
export type ScannedRow =
  | { readonly localKey: Buffer; readonly stored: Buffer; readonly row?: never }
  | { readonly localKey: Buffer; readonly row: StoreRow; readonly stored?: never };

/** The rows of a range in byte order: those of the engine, and over them those that have changed since. Deleted ones are left out. */
export function scanRows(engine: StateEngine, changed: readonly StoreRow[], range: KeyRange): ScannedRow[] {
  const { scanSync } = engine;
  invariant(scanSync, 'a store that is scanned at once has an engine that can');
  const stored = scanSync.call(engine, { ...range, reverse: false });
  const over = changed.filter(({ localKey }) => isWithin(localKey, range));
  over.sort((a, b) => Buffer.compare(a.localKey, b.localKey));
  const rows = merged(stored, over);
  return range.reverse === true ? rows.reverse() : rows;
}

function merged(stored: readonly KeyValue[], over: readonly StoreRow[]): ScannedRow[] {
  const rows: ScannedRow[] = [];
  let at = 0;
  for (const row of over) {
    for (; at < stored.length; at++) {
      const [localKey, value] = stored[at] as KeyValue;
      const order = Buffer.compare(localKey, row.localKey);
      if (order > 0) break;
      if (order < 0) rows.push({ localKey, stored: value });
    }
    if (row.value !== null) rows.push({ localKey: row.localKey, row });
  }
  for (; at < stored.length; at++) {
    const [localKey, value] = stored[at] as KeyValue;
    rows.push({ localKey, stored: value });
  }
  return rows;
}

/** Whether a local key lies in a range. */
export function isWithin(key: Buffer, { gte, lt }: KeyRange): boolean {
  return (gte === undefined || Buffer.compare(key, gte) >= 0) && (lt === undefined || Buffer.compare(key, lt) < 0);
}
