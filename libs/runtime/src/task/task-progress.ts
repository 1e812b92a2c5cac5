/** How far a task is, as it stands beside its committed offsets: event time of each input, and what was sent of final results (the JVM's metadata). */
import { javaHashOrder } from '@millrace/base';
import type { OffsetToCommit } from '@millrace/ports';
import type { CompiledStore } from '../compile/compile-stores.ts';
import type { InputQueue } from './input-queue.ts';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';

/** Goes on from what was committed; gives the greatest time of all inputs, -1 when nothing was. */
export function resumeFrom(
  committed: readonly OffsetToCommit[],
  queues: readonly InputQueue[],
  stores: readonly CompiledStore[],
): number {
  let streamTime = -1;
  for (const { topic, partition, metadata } of committed) {
    const queue = queues.find((one) => one.topic === topic && one.partition === partition);
    if (queue === undefined) continue;
    const { partitionTime, emitted } = decodeOffsetMetadata(metadata);
    queue.partitionTime = partitionTime;
    streamTime = Math.max(streamTime, partitionTime);
    for (const { name, progress } of stores) {
      const closeTime = emitted.get(name);
      if (closeTime !== undefined) progress.lastCloseTime = Math.max(closeTime, progress.lastCloseTime ?? closeTime);
    }
  }
  return streamTime;
}

/**
 * What to commit now: of each input that something was read of, and of all that were fetched of when the progress of final results has moved, so that
 * an input that rests does not hold old progress beside new (JVM: committableOffsetsAndMetadata).
 */
export function offsetsOf(queues: readonly InputQueue[], stores: readonly CompiledStore[]): OffsetToCommit[] {
  const emitted = emittedOf(stores);
  const hasMoved = stores.some(({ progress }) => progress.hasMoved);
  return queues.flatMap((queue) => {
    const offset = hasMoved || queue.isRead ? queue.position() : undefined;
    const { topic, partition } = queue;
    const metadata = encodeOffsetMetadata(queue.partitionTime, emitted);
    return offset === undefined ? [] : [{ topic, partition, offset, metadata }];
  });
}

/** How far final results of each store are, in the order of the map that the JVM keeps them in. */
function emittedOf(stores: readonly CompiledStore[]): (readonly [store: string, closeTime: number])[] {
  const emitted = new Map<string, number>();
  for (const { name, progress } of stores)
    if (progress.lastCloseTime !== undefined) emitted.set(name, progress.lastCloseTime);
  return javaHashOrder([...emitted.keys()]).map((name) => [name, emitted.get(name) as number]);
}

/** The offsets are committed. */
export function progressCommitted(stores: readonly CompiledStore[]): void {
  for (const { progress } of stores) progress.hasMoved = false;
}
