import type { SuppressBuffer } from '@millrace/state';
import type { Windowed } from '@millrace/serde';
import type { SuppressSpec } from '@millrace/topology';
import type { TableNode } from './node-function.ts';

export interface SuppressOptions {
  readonly spec: SuppressSpec;
  readonly buffer: SuppressBuffer;
  /** What a full buffer fails with. */
  readonly full: (records: number, bytes: number) => Error;
  readonly next: TableNode;
}

/**
 * KTable.suppress (KIP-328): a change waits until stream time has passed the time of its key's first change, or the end of its window, by `durationMs`; later
 * changes of the key take its place meanwhile. A buffer that is full gives up what has waited longest, or fails.
 */
export function suppress({ spec, buffer, full, next }: SuppressOptions): TableNode {
  const { durationMs, until, maxRecords = Infinity, maxBytes = Infinity, whenFull, dropsTombstones } = spec;
  let streamTime = -Infinity;
  const isOver = (): boolean => buffer.count > maxRecords || buffer.bytes > maxBytes;
  const isExpired = (): boolean => buffer.firstTime <= streamTime - durationMs;
  const take: TableNode = dropsTombstones
    ? (key, newValue, oldValue, timestamp) => newValue !== null && next(key, newValue, oldValue, timestamp)
    : next;
  return (key, newValue, oldValue, timestamp) => {
    if (timestamp > streamTime) streamTime = timestamp;
    const time = until === 'windowCloses' ? (key as Windowed<unknown>).window.end : timestamp;
    buffer.put(time, key, newValue, oldValue, timestamp);
    buffer.release(isExpired, take);
    if (!isOver()) return;
    if (whenFull === 'shutdown') throw full(buffer.count, buffer.bytes);
    buffer.release(isOver, take);
  };
}
