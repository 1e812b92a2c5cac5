/** Versions of one key as reads from beside the task get them, newest first. */
import { readLocalValue } from './local-keys.ts';
import type { ReadRow } from './store-read.ts';
import { readSegmentRow, versionsWithin } from './versioned-segment.ts';

type Bytes = Buffer | null | undefined;

/** The latest version, unless it began after `to`. */
export function latestWithin(key: Buffer, bytes: Bytes, to: number): ReadRow[] {
  if (bytes === null || bytes === undefined) return [];
  const { value, timestamp } = readLocalValue(bytes);
  return timestamp <= to ? [{ key, value, timestamp, start: -1, end: -1 }] : [];
}

/** What a segment has that was valid at some time of `[from, to]`. */
export function olderWithin(key: Buffer, bytes: Bytes, from: number, to: number): ReadRow[] {
  if (bytes === null || bytes === undefined) return [];
  return versionsWithin(readSegmentRow(bytes), from, to).map(({ value, validFrom, validTo }) => ({
    key,
    value,
    timestamp: validFrom,
    start: -1,
    end: validTo,
  }));
}
