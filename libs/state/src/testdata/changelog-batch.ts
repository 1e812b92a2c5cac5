import { Buffer } from 'node:buffer';
import type { FetchedBatch } from '@millrace/ports';

/** A record of a changelog, as a store appended it. */
export interface Logged {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
}

/** A changelog as it is read again. */
export function batchOf(log: readonly Logged[], topic: string): FetchedBatch {
  const bytes = (from: Uint8Array | null | undefined): Buffer | null =>
    from === null || from === undefined ? null : Buffer.from(from);
  return {
    topic,
    partition: 0,
    count: log.length,
    nextOffset: log.length,
    leaderEpoch: 0,
    offset: (i) => i,
    timestamp: (i) => log[i]?.timestamp ?? -1,
    key: (i) => bytes(log[i]?.key),
    value: (i) => bytes(log[i]?.value),
    headers: () => [],
  };
}
