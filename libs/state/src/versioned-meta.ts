/** What a versioned store knows beside its rows: `i64 observed || (i64 segment)*`. */
import { readInt64, writeInt64 } from './local-keys.ts';

export interface VersionedMeta {
  /** Greatest time that was put, ms; -1: none was. */
  readonly observedMs: number;
  /** Segments that there are, ascending. */
  readonly segments: readonly number[];
}

export function writeMeta({ observedMs, segments }: VersionedMeta): Buffer {
  const bytes = Buffer.allocUnsafe(8 + 8 * segments.length);
  writeInt64(bytes, observedMs, 0);
  segments.forEach((segment, i) => writeInt64(bytes, segment, 8 + 8 * i));
  return bytes;
}

/** Undefined: nothing was ever put. */
export function readMeta(bytes: Buffer | undefined): VersionedMeta {
  if (bytes === undefined) return { observedMs: -1, segments: [] };
  const segments: number[] = [];
  for (let at = 8; at < bytes.length; at += 8) segments.push(readInt64(bytes, at));
  return { observedMs: readInt64(bytes, 0), segments };
}
