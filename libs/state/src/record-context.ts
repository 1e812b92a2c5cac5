import type { Header } from '@millrace/ports';

/**
 * What goes with a record through all operators of a task without being handed from one to the next, as the JVM library's record context does. Whoever
 * begins to process something says whose headers its results carry: the task for each record, a store for each update that comes out of its cache.
 */
export interface RecordContext {
  /** Undefined when there are none, so that records without headers cost nothing. */
  headers: readonly Header[] | undefined;
}

export function recordContext(): RecordContext {
  return { headers: undefined };
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
