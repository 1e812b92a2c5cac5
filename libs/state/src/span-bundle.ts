/**
 * The rows of one key in one stretch of time, as an engine keeps them: in one value, so that one read finds them all.
 * `(i64 start || i64 end || i64 timestamp || u32 length || value)*`, in the order of the rows.
 */
import { readInt64, writeInt64 } from './local-keys.ts';

/** A row of a bundle as bytes. */
export interface BundledRow {
  readonly start: number;
  readonly end: number;
  readonly timestamp: number;
  readonly value: Uint8Array;
}

const headBytes = 28;

export function encodeBundle(rows: readonly BundledRow[]): Buffer {
  const bytes = Buffer.allocUnsafe(rows.reduce((sum, { value }) => sum + headBytes + value.length, 0));
  let at = 0;
  for (const { start, end, timestamp, value } of rows) {
    writeInt64(bytes, start, at);
    writeInt64(bytes, end, at + 8);
    writeInt64(bytes, timestamp, at + 16);
    bytes.writeUInt32BE(value.length, at + 24);
    bytes.set(value, at + headBytes);
    at += headBytes + value.length;
  }
  return bytes;
}

/** The values are views of the bytes. */
export function decodeBundle(bytes: Buffer | undefined): (BundledRow & { readonly value: Buffer })[] {
  const rows: (BundledRow & { readonly value: Buffer })[] = [];
  if (bytes === undefined) return rows;
  for (let at = 0; at < bytes.length;) {
    const from = at + headBytes;
    const end = from + bytes.readUInt32BE(at + 24);
    rows.push({
      start: readInt64(bytes, at),
      end: readInt64(bytes, at + 8),
      timestamp: readInt64(bytes, at + 16),
      value: bytes.subarray(from, end),
    });
    at = end;
  }
  return rows;
}
