/** Topics of a run: the input of the peer benches, loaded when it is not there, and what the run writes. */
import { systemClock } from '@millrace/base';
import type { KafkaClient, TopicPartition } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import { Digest } from './digest.ts';
import { bidRecord, eventTime, generateBids } from './nexmark/bids.ts';
import { UsageError } from './options.ts';

export const partitions = 4;

/** Keeps records of old event time. */
const keptForever = {
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'segment.ms': '315360000000',
  'cleanup.policy': 'delete',
};

export function partitionsOf(topic: string): readonly TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/** Sum of the ends of a topic's partitions. */
export async function endOf(client: KafkaClient, topic: string): Promise<number> {
  const ends = await client.admin.listOffsets(partitionsOf(topic), 'latest', 'read_uncommitted');
  return ends.reduce((sum, { offset }) => sum + offset, 0);
}

/** Makes the topic of bids and fills it, unless it holds them already. */
export async function loadBids(client: KafkaClient, topic: string, records: number): Promise<void> {
  const made = await client.admin.createTopics([
    { name: topic, partitions, replicationFactor: 1, configs: keptForever },
  ]);
  if (made.length === 0) {
    const found = await endOf(client, topic);
    if (found === records) return;
    throw new UsageError(`topic ${topic} holds ${found} bids, not ${records}: give another --prefix, or delete it`);
  }
  process.stderr.write(`loading ${records} bids into ${topic} ...\n`);
  const producer = client.producer({ batchBytes: 256 * 1024 });
  await producer.prepare([topic]);
  for (const { key, value, timestamp } of generateBids(records)) {
    if (!producer.append(topic, partitionForKey(key, partitions), key, value, timestamp)) await producer.ready();
  }
  await producer.flush();
  await producer.close();
}

export async function createRunTopics(client: KafkaClient, names: readonly string[]): Promise<void> {
  await client.admin.createTopics(
    names.map((name) => ({ name, partitions, replicationFactor: 1, configs: { 'retention.ms': '-1' } })),
  );
}

/** One bid a partition, two minutes after the last event of so many: closes every window of the input. */
export async function tick(client: KafkaClient, topic: string, records: number): Promise<void> {
  const dateTime = eventTime(records - 1) + 120_000;
  const bid = { auction: -1, bidder: -1, price: 1, channel: 'tick', url: '', dateTime, extra: '' };
  const { key, value, timestamp } = bidRecord(bid);
  const producer = client.producer();
  await producer.prepare([topic]);
  for (const { partition } of partitionsOf(topic)) producer.append(topic, partition, key, value, timestamp);
  await producer.flush();
  await producer.close();
}

/** Digest of what a topic holds, committed records only. */
export async function digestOf(client: KafkaClient, topic: string): Promise<Digest> {
  const ends = await client.admin.listOffsets(partitionsOf(topic), 'latest', 'read_committed');
  const fetcher = client.fetcher({ isolation: 'read_committed' });
  fetcher.assign(ends.map(({ partition }) => ({ topic, partition, offset: 0 })));
  const digest = new Digest();
  const deadlineMs = systemClock.monotonic() + 120_000;
  while (ends.some((end) => (fetcher.position(end) ?? 0) < end.offset) && systemClock.monotonic() < deadlineMs) {
    for (const batch of await fetcher.poll(500)) {
      for (let i = 0; i < batch.count; i++) digest.add(batch.key(i), batch.value(i) ?? Buffer.alloc(0));
    }
  }
  await fetcher.close();
  return digest;
}

export async function deleteRunTopics(client: KafkaClient, application: string): Promise<void> {
  const names = await client.listTopics();
  await client.admin.deleteTopics(names.filter((name) => name.startsWith(application)));
}
