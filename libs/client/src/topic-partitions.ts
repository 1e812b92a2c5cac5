/** Partitions grouped as Kafka's messages want them. */
import type { TopicPartition } from '@millrace/ports';

/** Groups by topic, in the order of first appearance. */
export function byTopic<T extends TopicPartition>(items: readonly T[]): [topic: string, partitions: T[]][] {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const known = topics.get(item.topic);
    if (known === undefined) topics.set(item.topic, [item]);
    else known.push(item);
  }
  return [...topics];
}

/** A key for maps; topic names cannot hold a slash. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** As Kafka writes partitions. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
