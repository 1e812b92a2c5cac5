/** Asks about partitions where they are: at their leaders. */
import { millraceError } from '@millrace/base';
import type { TopicPartition } from '@millrace/ports';
import type { Cluster } from './cluster.ts';
import { partitionKey } from './topic-partitions.ts';

/** Asks one leader about its own partitions and calls `answered` for each that needs not be asked again. */
export type AskLeader<T extends TopicPartition> = (
  node: number,
  own: readonly T[],
  answered: (at: TopicPartition) => void,
) => Promise<void>;

/** Asks the leaders of partitions, those that are left again and again, until all are answered. */
export async function atLeaders<T extends TopicPartition>(
  cluster: Cluster,
  partitions: readonly T[],
  ask: AskLeader<T>,
): Promise<void> {
  const left = new Map(partitions.map((one) => [partitionKey(one.topic, one.partition), one]));
  const answered = ({ topic, partition }: TopicPartition): void => void left.delete(partitionKey(topic, partition));
  await cluster.retrying(async (): Promise<void> => {
    const names = [...new Set([...left.values()].map(({ topic }) => topic))];
    const views = await cluster.describe(names);
    const missing = names.filter((name) => !views.has(name));
    if (missing.length > 0) throw millraceError('MR_CLIENT_TOPIC_MISSING', { topics: missing.join(', ') });
    const byLeader = new Map<number, T[]>();
    for (const one of left.values()) {
      const leader = cluster.leader(one.topic, one.partition)?.leader ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    const asked = await Promise.allSettled([...byLeader].map(([node, own]) => ask(node, own, answered)));
    const failed = asked.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await cluster.refresh(names);
    throw failed.reason;
  });
}
