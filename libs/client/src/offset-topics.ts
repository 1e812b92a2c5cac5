import type { OffsetToCommit } from '@millrace/ports';
import { byTopic } from './topic-partitions.ts';

interface OffsetTopic {
  readonly name: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string;
  }[];
}

/** Offsets as OffsetCommit and TxnOffsetCommit take them. */
export function offsetTopics(offsets: readonly OffsetToCommit[]): OffsetTopic[] {
  return byTopic(offsets).map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? -1,
      committedMetadata: metadata,
    })),
  }));
}
