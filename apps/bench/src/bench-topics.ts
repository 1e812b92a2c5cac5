/** The topics of a bench, in the peer suite's form: four partitions, kept for ever since their event times are old. */
import type { Admin, KafkaClient, RecordProducer, TopicPartition } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { BenchRecord } from './nexmark/bids.ts';

export const partitions = 4;

export class TopicError extends Error {}

export function partitionsOf(topic: string): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

export async function createTopics(admin: Admin, names: readonly string[]): Promise<void> {
  const topics = names.map((name) => ({ name, partitions, replicationFactor: -1, configs: { 'retention.ms': '-1' } }));
  await admin.createTopics(topics);
}

/** The high watermark of each partition. */
export async function endsOf(admin: Admin, topic: string): Promise<number[]> {
  const found = await admin.listOffsets(partitionsOf(topic), 'latest', 'read_uncommitted');
  return partitionsOf(topic).map(({ partition }) => found.find((one) => one.partition === partition)?.offset ?? 0);
}

/**
 * Fills a topic with records that are the same in every run, unless it has them already; what an interrupted load left is completed. `say` hears
 * how far it is.
 */
export async function loadTopic(
  client: KafkaClient,
  topic: string,
  { count, records }: { readonly count: number; readonly records: Iterable<BenchRecord> },
  say: (text: string) => void,
): Promise<void> {
  await createTopics(client.admin, [topic]);
  const ends = await endsOf(client.admin, topic);
  const held = sum(ends);
  if (held > count) throw new TopicError(`${topic} has ${held} records, not ${count}; choose another --prefix`);
  if (held === count) return;
  const producer = client.producer({ lingerMs: 20 });
  try {
    await producer.prepare([topic]);
    await fill(producer, topic, { count, records, ends, say });
    await producer.flush();
  } finally {
    await producer.close();
  }
}

interface Filling {
  readonly count: number;
  readonly records: Iterable<BenchRecord>;
  readonly ends: readonly number[];
  readonly say: (text: string) => void;
}

async function fill(producer: RecordProducer, topic: string, { count, records, ends, say }: Filling): Promise<void> {
  const seen = ends.map(() => 0);
  let sent = 0;
  for (const { key, value, timestamp } of records) {
    const partition = partitionForKey(key, partitions);
    const offset = seen[partition] ?? 0;
    seen[partition] = offset + 1;
    if (++sent % 100_000 === 0) say(`${topic}: ${sent} of ${count} records`);
    if (offset < (ends[partition] ?? 0)) continue;
    if (!producer.append(topic, partition, key, value, timestamp)) await producer.ready();
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
