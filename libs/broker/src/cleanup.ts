/** Retention of a topic: what its settings no longer keep is deleted. */
import type { Topic } from './topics.ts';

/** Applies the cleanup policies of a topic. */
export function cleanUp({ partitions, settings }: Topic, nowMs: number): void {
  for (const partition of partitions) {
    if (!settings.deletes) continue;
    partition.log.applyRetention(settings, nowMs);
    partition.transactions.forgetBefore(partition.log.startOffset);
  }
}
