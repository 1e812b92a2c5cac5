/** Cleaning up a topic by its policies: retention, compaction, or both. */
import { compact } from './compaction.ts';
import type { Topic } from './topics.ts';

/** Deletes and compacts what the settings of a topic no longer keep. */
export function cleanUp({ partitions, settings }: Topic, nowMs: number): void {
  for (const partition of partitions) {
    if (settings.deletes) {
      partition.log.applyRetention(settings, nowMs);
      partition.transactions.forgetBefore(partition.log.startOffset);
    }
    if (settings.compacts) compact(partition, settings, nowMs);
  }
}
