/** Sees transactions from outside: records past the last stable offset of a partition belong to one that is open. */
import type { Clock } from '@millrace/base';
import type { KafkaClient, TopicPartition } from '@millrace/ports';

export interface Watched {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly topics: readonly string[];
}

const openWithinMs = 10_000;

/** True as soon as a transaction is open; false when there is none for ten seconds. */
export async function waitForOpenTransaction(watched: Watched): Promise<boolean> {
  const { client, clock } = watched;
  const end = clock.monotonic() + openWithinMs;
  while (clock.monotonic() < end) {
    // Asked for each time: the workers make some of the topics.
    const partitions = await partitionsOf(watched);
    const high = await highWatermarks(client, partitions);
    if (await isBehind(client, partitions, high)) return true;
    await clock.sleep(5);
  }
  return false;
}

/** Whether a transaction that is open now is still open after `ms`: longer than its owner would leave it open, were it alive. */
export async function isLeftOpen(watched: Watched, ms: number): Promise<boolean> {
  const { client, clock } = watched;
  const partitions = await partitionsOf(watched);
  const high = await highWatermarks(client, partitions);
  await clock.sleep(ms);
  return isBehind(client, partitions, high);
}

async function partitionsOf({ client, topics }: Watched): Promise<readonly TopicPartition[]> {
  const views = [...(await client.topics(topics, { maxAgeMs: 0 })).values()];
  return views.flatMap(({ name: topic, partitions }) => partitions.map(({ partition }) => ({ topic, partition })));
}

async function highWatermarks(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, number>> {
  const listed = await client.admin.listOffsets(partitions, 'latest', 'read_uncommitted');
  return new Map(listed.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
}

/** Whether some last stable offset has not reached an earlier high watermark. */
async function isBehind(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  high: ReadonlyMap<string, number>,
): Promise<boolean> {
  const stable = await client.admin.listOffsets(partitions, 'latest', 'read_committed');
  return stable.some(({ topic, partition, offset }) => offset < (high.get(`${topic}-${partition}`) ?? 0));
}
