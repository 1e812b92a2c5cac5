import type { Admin, TopicPartition } from '@millrace/ports';

export const applicationId = 'trending-hashtags';
export const postsTopic = 'posts';
export const allTimeTopic = 'hashtag-mentions-all';
export const trendingTopic = 'trending-hashtags';
const resultTopics = ['hashtag-mentions-10m', 'hashtag-mentions-day', allTimeTopic, trendingTopic];

const partitions = 4;

/**
 * Creates the topics of the main job. Posts stay however old their event times are. Results are tables, newest value a key: compaction keeps
 * them for ever and their logs short, where time-based retention would delete old windows (ADR 9).
 */
export async function createTopics(admin: Admin, postsConfigs: Readonly<Record<string, string>> = {}): Promise<void> {
  const topic = (name: string, configs: Readonly<Record<string, string>>) => ({
    name,
    partitions,
    replicationFactor: -1,
    configs,
  });
  await admin.createTopics([
    topic(postsTopic, { 'retention.ms': '-1', ...postsConfigs }),
    ...resultTopics.map((name) => topic(name, { 'cleanup.policy': 'compact' })),
  ]);
}

/** Whether a topic belongs to the main job: input, results, or what the application made for itself. */
export function isOfDemo(topic: string): boolean {
  return topic === postsTopic || resultTopics.includes(topic) || topic.startsWith(`${applicationId}-`);
}

/** What the application reads: the input, and what its first stages write for the later ones. */
const inputTopics = [postsTopic, `${applicationId}-by-hashtag-repartition`, `${applicationId}-by-window-repartition`];

/**
 * Whether the application has committed everything in its inputs, stage by stage: what a stage has written is there before the offsets it
 * was made from are committed, so a stage that is done stays done while nothing is fed.
 */
export async function isDrained(admin: Admin): Promise<boolean> {
  for (const topic of inputTopics) {
    const at = Array.from({ length: partitions }, (_, partition): TopicPartition => ({ topic, partition }));
    const ends = await admin.listOffsets(at, 'latest', 'read_uncommitted');
    const committed = await admin.groupOffsets(applicationId, at);
    const positions = new Map(committed.map(({ partition, offset }) => [partition, offset]));
    if (ends.some(({ partition, offset }) => (positions.get(partition) ?? 0) < offset)) return false;
  }
  return true;
}
