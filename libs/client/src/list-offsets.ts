/** Looks offsets up at the leaders of their partitions. One attempt: what failed is left to the caller. */
import type { MillraceError } from '@millrace/base';
import type { IsolationLevel, PartitionOffset, TopicPartition } from '@millrace/ports';
import { apis } from '@millrace/protocol';
import { brokerError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { byTopic } from './topic-partitions.ts';

/** What to look up: -1 the end, -2 the beginning, otherwise the first record at or after a time. */
export interface OffsetQuery extends TopicPartition {
  readonly timestamp: number;
}

/** Asks one node about partitions that it leads. `refused` holds an error a partition that it did not answer for. */
export async function listOffsetsAt(
  cluster: Cluster,
  node: number,
  lane: string,
  queries: readonly OffsetQuery[],
  isolation: IsolationLevel,
): Promise<{ readonly found: PartitionOffset[]; readonly refused: { at: TopicPartition; error: MillraceError }[] }> {
  const topics = byTopic(queries).map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, timestamp }) => ({
      partitionIndex: partition,
      timestamp,
      currentLeaderEpoch: cluster.leader(name, partition)?.leaderEpoch ?? -1,
    })),
  }));
  const isolationLevel = isolation === 'read_committed' ? 1 : 0;
  const answer = await cluster.call(node, lane, apis.ListOffsets, {
    replicaId: -1,
    isolationLevel,
    topics,
    timeoutMs: cluster.settings.requestTimeoutMs,
  });
  const found: PartitionOffset[] = [];
  const refused: { at: TopicPartition; error: MillraceError }[] = [];
  for (const { name: topic, partitions } of answer.topics) {
    for (const { partitionIndex: partition, errorCode, offset, timestamp } of partitions) {
      const at = { topic, partition };
      if (errorCode === 0) found.push({ ...at, offset, timestamp });
      else
        refused.push({
          at,
          error: brokerError(errorCode, { api: 'ListOffsets', node, about: `${topic}-${partition}` }),
        });
    }
  }
  return { found, refused };
}
