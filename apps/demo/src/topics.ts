import type { Admin } from '@millrace/ports';

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
