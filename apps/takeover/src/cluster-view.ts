/** What the cluster knows of an application: how far it is, what it has pending, what it has sent. Records are read by kafkajs, not by the client under test. */
import { systemClock } from '@millrace/base';
import type { FetchedBatch, KafkaClient, TopicPartition } from '@millrace/ports';
import { decodeOffsetMetadata, type OffsetMetadata } from '@millrace/runtime';
import type { Scenario } from './scenario.ts';

/** Longer than any transaction may stay open here. */
const stallMs = 60_000;
/** `close-`, see Feeder. */
const closingKey = Buffer.from('close-').toString('hex');

export interface OutputRecord {
  readonly key: string;
  /** Hex; null deletes. */
  readonly value: string | null;
  readonly timestamp: number;
  /** As they are written: `name=hex name=hex`. */
  readonly headers: string;
}

export class ClusterView {
  readonly #client: KafkaClient;
  readonly #reader: KafkaClient;

  /** @param reader for records */
  constructor(client: KafkaClient, reader: KafkaClient) {
    this.#client = client;
    this.#reader = reader;
  }

  /** Records of its inputs, internal ones too, that an application has not committed yet. */
  async unprocessed(applicationId: string, inputs: readonly string[]): Promise<number> {
    const topics = [...inputs, ...(await this.#internalInputs(applicationId))];
    const partitions = await this.#partitions(topics);
    const committed = await this.#client.admin.groupOffsets(applicationId, partitions);
    const starts = await this.#client.admin.listOffsets(partitions, 'earliest', 'read_committed');
    const from = starts.map((start) => {
      const own = committed.find((one) => one.topic === start.topic && one.partition === start.partition);
      return { ...start, offset: Math.max(start.offset, own?.offset ?? -1) };
    });
    let count = 0;
    await this.#read(from, () => count++);
    return count;
  }

  /** Rows of a changelog that are there. */
  async liveRows(changelog: string): Promise<number> {
    const live = new Set<string>();
    await this.#read(await this.#starts([changelog]), (batch, i) => {
      const key = batch.key(i)?.toString('hex') ?? '';
      if (batch.value(i) === null) live.delete(key);
      else live.add(key);
    });
    return live.size;
  }

  /** Everything that was committed to a topic. */
  async output(topic: string): Promise<readonly OutputRecord[]> {
    const records: OutputRecord[] = [];
    await this.#read(await this.#starts([topic]), (batch, i) => {
      const key = batch.key(i)?.toString('hex') ?? '';
      const headers = batch.headers(i).map((one) => `${one.key}=${Buffer.from(one.value ?? []).toString('hex')}`);
      const value = batch.value(i)?.toString('hex') ?? null;
      records.push({ key, value, timestamp: batch.timestamp(i), headers: headers.join(' ') });
    });
    return records;
  }

  /** Sum of its committed offsets. */
  async committedRecords(applicationId: string): Promise<number> {
    const committed = await this.#client.admin.groupOffsets(applicationId);
    return committed.reduce((sum, { offset }) => sum + offset, 0);
  }

  /** Partition -> the metadata of its committed offset; an event time of -1 where it cannot be read. */
  async offsetMetadata(applicationId: string): Promise<ReadonlyMap<string, OffsetMetadata>> {
    const committed = await this.#client.admin.groupOffsets(applicationId);
    return new Map(
      committed.map(({ topic, partition, metadata }) => [`${topic}-${partition}`, decodeOffsetMetadata(metadata)]),
    );
  }

  /** Waits until nobody is in the group any more: a member that was killed stays until its session has ended. */
  async groupEmpty(applicationId: string): Promise<void> {
    const end = systemClock.monotonic() + stallMs;
    for (;;) {
      const { state, members } = await this.#client.admin.describeGroup(applicationId);
      if (members.length === 0) return;
      if (systemClock.monotonic() > end) throw new Error(`group ${applicationId} does not empty: it is ${state}`);
      await systemClock.sleep(200);
    }
  }

  async #internalInputs(applicationId: string): Promise<readonly string[]> {
    const names = await this.#client.listTopics();
    return names.filter((name) => name.startsWith(`${applicationId}-`) && /-(repartition|topic)$/.test(name));
  }

  async #starts(topics: readonly string[]): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
    return this.#client.admin.listOffsets(await this.#partitions(topics), 'earliest', 'read_committed');
  }

  async #partitions(topics: readonly string[]): Promise<readonly TopicPartition[]> {
    const views = await this.#client.topics(topics, { maxAgeMs: 0 });
    return [...views.values()].flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
  }

  /** To the end of the log as it is now, open transactions waited for. */
  async #read(
    from: readonly (TopicPartition & { readonly offset: number })[],
    visit: (batch: FetchedBatch, i: number) => void,
  ): Promise<void> {
    const ends = await this.#client.admin.listOffsets(from, 'latest', 'read_uncommitted');
    const fetcher = this.#reader.fetcher({ isolation: 'read_committed' });
    fetcher.assign(from);
    const until = systemClock.monotonic() + stallMs;
    while (!ends.every((end) => (fetcher.position(end) ?? 0) >= end.offset)) {
      for (const batch of await fetcher.poll(200)) for (let i = 0; i < batch.count; i++) visit(batch, i);
      if (systemClock.monotonic() > until) throw new Error('a topic cannot be read to its end: a transaction hangs');
    }
    await fetcher.close();
  }
}

/** What is to be equal of an output, as sorted lines. What closes windows is not: the JVM library looks once a second for what the last ones close. */
export function comparable({ compared }: Scenario, all: readonly OutputRecord[]): readonly string[] {
  const records = all.filter(({ key }) => !key.startsWith(closingKey));
  const lineOf = ({ key, value, headers }: OutputRecord): string =>
    `${key} ${value ?? '-'}${headers === '' ? '' : ` ${headers}`}`;
  if (compared === 'all') return records.map((one) => `${lineOf(one)} @${one.timestamp}`).sort();
  const latest = new Map(records.map((one) => [one.key, one]));
  return [...latest.values()]
    .filter(({ value }) => value !== null)
    .map(lineOf)
    .sort();
}

/** Lines that only one of two sorted lists has; at most `limit` are shown. */
export function differences(wanted: readonly string[], got: readonly string[], limit = 10): readonly string[] {
  const count = new Map<string, number>();
  for (const line of wanted) count.set(line, (count.get(line) ?? 0) + 1);
  for (const line of got) count.set(line, (count.get(line) ?? 0) - 1);
  const faults = [...count].filter(([, left]) => left !== 0);
  const lines = faults
    .slice(0, limit)
    .map(([line, left]) => `${left > 0 ? 'missing' : 'too much'} ${Math.abs(left)} x ${line}`);
  return faults.length > limit ? [...lines, `and ${faults.length - limit} more`] : lines;
}
