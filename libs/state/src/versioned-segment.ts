/**
 * What a segment of a versioned store keeps of one key: versions that have been replaced, each valid until the one above it began. The bytes are the
 * JVM library's: `i64 next || i64 min || (i64 validFrom || i32 size, -1 for a deletion)* newest first || values, oldest first`.
 */
import { readInt64, writeInt64 } from './local-keys.ts';

export interface Version {
  /** ms; until then the version below was valid. */
  readonly validFrom: number;
  /** Null: the row was deleted. */
  readonly value: Buffer | null;
}

export interface SegmentRow {
  /** End of the newest version, ms. When it is the beginning of it too, the row says only that the key was deleted then. */
  readonly nextMs: number;
  /** Newest first, at least one. */
  readonly versions: readonly Version[];
}

/** A version that was looked for, and where it stands. */
export interface FoundVersion extends Version {
  readonly index: number;
  readonly validTo: number;
}

/** A version with its value and its end, ms. */
export interface ValidVersion {
  readonly validFrom: number;
  readonly validTo: number;
  readonly value: Buffer;
}

const headBytes = 16;
const entryBytes = 12;

export function minMs({ versions }: SegmentRow): number {
  return versions.at(-1)?.validFrom ?? 0;
}

/** The end of the newest version, from the bytes. */
export function readNextMs(bytes: Buffer): number {
  return readInt64(bytes, 0);
}

/** The beginning of the oldest version, from the bytes. */
export function readMinMs(bytes: Buffer): number {
  return readInt64(bytes, 8);
}

export function segmentRow(value: Buffer | null, validFrom: number, validTo: number): SegmentRow {
  return { nextMs: validTo, versions: [{ validFrom, value }] };
}

/** The version that was valid at a time, which lies between the beginning of the oldest and the end of the newest one. */
export function versionAt({ nextMs, versions }: SegmentRow, timestamp: number): FoundVersion | undefined {
  const index = versions.findIndex(({ validFrom }) => validFrom <= timestamp);
  const found = versions[index];
  if (found === undefined || timestamp >= nextMs) return undefined;
  return { ...found, index, validTo: versions[index - 1]?.validFrom ?? nextMs };
}

/** The versions that were valid at some time of `[from, to]`, newest first; deletions are none. */
export function versionsWithin({ nextMs, versions }: SegmentRow, from: number, to: number): readonly ValidVersion[] {
  return versions.flatMap(({ validFrom, value }, i) => {
    const validTo = versions[i - 1]?.validFrom ?? nextMs;
    return value !== null && validFrom <= to && validTo > from ? [{ validFrom, validTo, value }] : [];
  });
}

/** A newer version; between the newest one so far and its beginning there was none. */
export function withLatest(row: SegmentRow, version: Version, validTo: number): SegmentRow {
  const { nextMs, versions } = row;
  const kept = isDeletionOnly(row) ? [] : versions;
  const gap = nextMs === version.validFrom ? [] : [{ validFrom: nextMs, value: null }];
  return { nextMs: validTo, versions: [version, ...gap, ...kept] };
}

export function withEarliest(row: SegmentRow, version: Version): SegmentRow {
  const kept = isDeletionOnly(row) ? [] : row.versions;
  return { nextMs: row.nextMs, versions: [...kept, version] };
}

/** A version between others, in front of the one at `index`. */
export function withInserted({ nextMs, versions }: SegmentRow, version: Version, index: number): SegmentRow {
  return { nextMs, versions: [...versions.slice(0, index), version, ...versions.slice(index)] };
}

/** Another version in place of the one at `index`. */
export function withReplaced({ nextMs, versions }: SegmentRow, version: Version, index: number): SegmentRow {
  return { nextMs, versions: versions.map((kept, i) => (i === index ? version : kept)) };
}

export function writeSegmentRow(row: SegmentRow): Buffer {
  const { nextMs, versions } = row;
  const valueBytes = versions.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  const bytes = Buffer.allocUnsafe(headBytes + entryBytes * versions.length + valueBytes);
  writeInt64(bytes, nextMs, 0);
  writeInt64(bytes, minMs(row), 8);
  let end = bytes.length;
  versions.forEach(({ validFrom, value }, i) => {
    const at = headBytes + i * entryBytes;
    writeInt64(bytes, validFrom, at);
    bytes.writeInt32BE(value === null ? -1 : value.length, at + 8);
    if (value === null) return;
    end -= value.length;
    bytes.set(value, end);
  });
  return bytes;
}

/** Takes a row apart; its values are views of the bytes. */
export function readSegmentRow(bytes: Buffer): SegmentRow {
  const oldest = readMinMs(bytes);
  const versions: Version[] = [];
  let end = bytes.length;
  for (let at = headBytes; versions.at(-1)?.validFrom !== oldest; at += entryBytes) {
    const size = bytes.readInt32BE(at + 8);
    const value = size < 0 ? null : bytes.subarray(end - size, end);
    end -= Math.max(size, 0);
    versions.push({ validFrom: readInt64(bytes, at), value });
  }
  return { nextMs: readNextMs(bytes), versions };
}

function isDeletionOnly(row: SegmentRow): boolean {
  return row.nextMs === minMs(row);
}
