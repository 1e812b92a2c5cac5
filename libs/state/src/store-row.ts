import type { Header } from '@millrace/ports';
import type { RecordOrigin } from './record-context.ts';

/** A row of a store that is in memory. */
export interface StoreRow {
  /** What is forwarded as key: decoded, `Windowed` for windows. */
  readonly key: unknown;
  /** Start of the window; 0 in key-value stores. */
  readonly start: number;
  readonly localKey: Buffer;
  /** The key's bytes, for windows with start and sequence number. */
  readonly changelogKey: Buffer;
  /** Null: there is none. */
  value: unknown;
  timestamp: number;
  /** The bytes of `value`; null when there is none, undefined until somebody needs them. */
  bytes: Uint8Array | null | undefined;
  /** The bytes before the first update that is not forwarded yet. */
  oldBytes: Uint8Array | null;
  /** Of the record that wrote it last, while that update is not forwarded yet. */
  headers: readonly Header[] | undefined;
  /** Of the same record, where the task keeps it. */
  origin: RecordOrigin | undefined;
  /** Has an update that is not forwarded yet, and where in the order of these. */
  isPending: boolean;
  previous: StoreRow | undefined;
  next: StoreRow | undefined;
  /** Changed since the engine knows it. */
  isChanged: boolean;
  /** What it takes in memory, by estimate. */
  sizeBytes: number;
}

/** What a row takes beside its key and value: objects, links, its place in the map. */
const rowOverheadBytes = 430;

export function storeRow(
  key: unknown,
  start: number,
  localKey: Buffer,
  changelogKey: Buffer,
  value: unknown,
  timestamp: number,
  bytes: Uint8Array | null,
): StoreRow {
  const row: StoreRow = {
    key,
    start,
    localKey,
    changelogKey,
    value,
    timestamp,
    bytes,
    oldBytes: null,
    headers: undefined,
    origin: undefined,
    isPending: false,
    previous: undefined,
    next: undefined,
    isChanged: false,
    sizeBytes: 0,
  };
  row.sizeBytes = sizeOf(row);
  return row;
}

/** By estimate: the bytes, and the decoded value once more. */
export function sizeOf({ localKey, changelogKey, bytes }: StoreRow): number {
  return rowOverheadBytes + localKey.length + changelogKey.length + 2 * (bytes?.length ?? 32);
}

/** The time of a row after an update: the greater one; a row that was not there has none yet. */
export function timeAfter(row: Pick<StoreRow, 'value' | 'timestamp'>, recordTime: number): number {
  return row.value === null ? recordTime : Math.max(recordTime, row.timestamp);
}
