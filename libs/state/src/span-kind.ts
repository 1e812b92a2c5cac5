/** The two kinds of rows with a key and a span of time: windows of one size, found by their start, and sessions, found by their end. */
import { readInt64, readWindowChangelogKey, windowChangelogKey, writeInt64 } from './local-keys.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SpanKind {
  /** What expires a row and puts it in order. */
  time(span: Span): number;
  /** Whether a row lies in `[from, to]`: the start of a window does, a session overlaps it. */
  isWithin(span: Span, from: number, to: number): boolean;
  /** Whether rows whose time is after `to` can lie in `[from, to]`. */
  readonly reachesBack: boolean;
  /** The JVM's key in stores and changelogs. */
  changelogKey(key: Uint8Array, span: Span): Buffer;
  readChangelogKey(bytes: Buffer): Span & { readonly key: Buffer };
  /** The time of what is forwarded; undefined: the row's. */
  forwardTime(span: Span): number | undefined;
}

/** `key || i64 start || i32 0` */
export function windowsOfSize(sizeMs: number): SpanKind {
  return {
    time: ({ start }) => start,
    isWithin: ({ start }, from, to) => start >= from && start <= to,
    reachesBack: false,
    changelogKey: (key, { start }) => windowChangelogKey(key, start),
    readChangelogKey: (bytes) => {
      const { key, start } = readWindowChangelogKey(bytes);
      return { key, start, end: start + sizeMs };
    },
    forwardTime: () => undefined,
  };
}

const sessionSuffixBytes = 16;

/** `key || i64 end || i64 start`. Both ends belong to a session, and its end is the time of its result. */
export const sessions: SpanKind = {
  time: ({ end }) => end,
  isWithin: ({ start, end }, from, to) => end >= from && start <= to,
  reachesBack: true,
  changelogKey: (key, { start, end }) => {
    const bytes = Buffer.allocUnsafe(key.length + sessionSuffixBytes);
    bytes.set(key);
    writeInt64(bytes, end, key.length);
    writeInt64(bytes, start, key.length + 8);
    return bytes;
  },
  readChangelogKey: (bytes) => {
    const at = bytes.length - sessionSuffixBytes;
    return { key: bytes.subarray(0, at), start: readInt64(bytes, at + 8), end: readInt64(bytes, at) };
  },
  forwardTime: ({ end }) => end,
};
