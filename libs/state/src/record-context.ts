import type { Header } from '@millrace/ports';

/**
 * What goes with a record through all operators of a task without being handed from one to the next, as the JVM library's record context does. Whoever
 * begins to process something says whose headers its results carry: the task for each record, a store for each update that comes out of its cache.
 */
export interface RecordContext {
  /** Undefined when there are none, so that records without headers cost nothing. */
  headers: readonly Header[] | undefined;
  /** Of the record that a processor has at hand, or of the punctuation. Other steps are given their timestamp. */
  timestamp: number;
  /** Where the record came in; undefined before the first. */
  origin: RecordOrigin | undefined;
  /** The change that goes downstream is of a version that was replaced already; only versioned tables have such (KIP-914). */
  isStale: boolean;
}

/** Null, -1 and -1 in a punctuation. */
export interface RecordOrigin {
  readonly topic: string | null;
  readonly partition: number;
  readonly offset: number;
}

export function recordContext(): RecordContext {
  return { headers: undefined, timestamp: -1, origin: undefined, isStale: false };
}

/** Headers that may be kept: those of a record are views of the batch that it came in, which would be kept with them. */
export function ownHeaders(headers: readonly Header[]): readonly Header[] {
  return headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }));
}

/** What a header takes in memory beside its bytes: object, string, buffer. */
const headerOverheadBytes = 160;

/** What headers take in memory, by estimate. */
export function headersSizeOf(headers: readonly Header[] | undefined): number {
  if (headers === undefined) return 0;
  return headers.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0) + headerOverheadBytes, 0);
}
