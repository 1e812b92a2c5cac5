/** Topics as kafkajs reads them off the wire: another decoder than the one of the system under test, with a filter for aborted records of its own. */
import { MillraceError, silentLogger, systemClock } from '@millrace/base';
import { createKafkajsClient } from '@millrace/client-kafkajs';
import type { FetchedBatch, Fetcher, IsolationLevel, KafkaClient } from '@millrace/ports';

/** Longer than any transaction may stay open. */
const stallMs = 30_000;

/** Gets each data record, partition by partition in offset order. */
export type Visit = (batch: FetchedBatch, i: number) => void;

export function readingClient(bootstrapServers: string): KafkaClient {
  return createKafkajsClient({
    kafka: { brokers: bootstrapServers.split(','), clientId: 'verify-reader', retry: { retries: 10 } },
    clock: systemClock,
    logger: silentLogger,
  });
}

/** Follows topics from their beginning while others write to them. */
export class TopicFollower {
  readonly #fetcher: Fetcher;
  readonly #visit: Visit;

  private constructor(fetcher: Fetcher, visit: Visit) {
    this.#fetcher = fetcher;
    this.#visit = visit;
  }

  static async open(client: KafkaClient, topics: readonly string[], visit: Visit): Promise<TopicFollower> {
    const partitions = await partitionsOf(client, topics);
    const starts = await patiently(() => client.admin.listOffsets(partitions, 'earliest', 'read_committed'));
    const fetcher = client.fetcher({ isolation: 'read_committed' });
    fetcher.assign(starts);
    return new TopicFollower(fetcher, visit);
  }

  /** Reads until nothing is there, or for so long when others keep writing; true when there was anything. */
  async catchUp(atMostMs = Infinity): Promise<boolean> {
    const end = systemClock.monotonic() + atMostMs;
    let records = 0;
    while (systemClock.monotonic() < end) {
      const batches = await this.#fetcher.poll(200);
      if (batches.length === 0) break;
      records += visitAll(batches, this.#visit);
    }
    return records > 0;
  }

  close(): Promise<void> {
    return this.#fetcher.close();
  }
}

/** Reads whole topics to the end they have now. All transactions must have ended. */
export async function readTopics(
  client: KafkaClient,
  topics: readonly string[],
  isolation: IsolationLevel,
  visit: Visit,
): Promise<void> {
  const partitions = await partitionsOf(client, topics);
  const ends = await client.admin.listOffsets(partitions, 'latest', isolation);
  const starts = await client.admin.listOffsets(partitions, 'earliest', isolation);
  const fetcher = client.fetcher({ isolation });
  fetcher.assign(starts);
  const isDone = (): boolean => ends.every((end) => (fetcher.position(end) ?? 0) >= end.offset);
  let movedAt = systemClock.monotonic();
  while (!isDone()) {
    if (visitAll(await fetcher.poll(500), visit) > 0) movedAt = systemClock.monotonic();
    if (systemClock.monotonic() - movedAt > stallMs)
      throw new Error(
        `${topics.join(', ')} cannot be read to their ends: a transaction hangs, or the broker does not answer`,
      );
  }
  await fetcher.close();
}

/** How many data records topics show under an isolation level; the difference of both levels are aborted records. */
export async function countRecords(
  client: KafkaClient,
  topics: readonly string[],
  isolation: IsolationLevel,
): Promise<number> {
  let count = 0;
  await readTopics(client, topics, isolation, () => count++);
  return count;
}

async function partitionsOf(
  client: KafkaClient,
  topics: readonly string[],
): Promise<{ topic: string; partition: number }[]> {
  const views = await client.topics(topics, { maxAgeMs: 0 });
  return topics.flatMap((topic) => (views.get(topic)?.partitions ?? []).map(({ partition }) => ({ topic, partition })));
}

const attempts = 20;

/** Leaders of new topics are not known everywhere at once. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!MillraceError.is(error) || error.severity !== 'retriable' || attempt === attempts) throw error;
      await systemClock.sleep(200);
    }
  }
}

function visitAll(batches: readonly FetchedBatch[], visit: Visit): number {
  let records = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i++) visit(batch, i);
    records += batch.count;
  }
  return records;
}
