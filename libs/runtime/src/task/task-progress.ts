/** How far a task is, as it stands beside its committed offsets: event time of each input, and what was sent of final results (the JVM's metadata). */
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

/** What to commit now, of each input that something was read of. */
export function offsetsOf(queues: readonly InputQueue[], stores: readonly CompiledStore[]): OffsetToCommit[] {
  const emitted = stores.flatMap(({ name, progress: { lastCloseTime } }) =>
    lastCloseTime === undefined ? [] : [[name, lastCloseTime] as const],
  );
  return queues.flatMap((queue) => {
    const offset = queue.position();
    const { topic, partition } = queue;
    const metadata = encodeOffsetMetadata(queue.partitionTime, emitted);
    return offset === undefined ? [] : [{ topic, partition, offset, metadata }];
  });
}
