/** A Kafka for tests of the connector's loop: logs in memory, a group whose rounds the test decides, faults on demand. */
import { millraceError, type Clock, type MillraceError } from '@millrace/base';
import {
  earliestOffset,
  latestOffset,
  type CommittedOffset,
  type FetchedBatch,
  type Fetcher,
  type GroupEvent,
  type GroupMember,
  type Header,
  type KafkaClient,
  type OffsetToCommit,
  type RecordProducer,
  type TopicPartition,
  type TopicView,
} from '@millrace/ports';

export interface FakeRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp?: number;
  readonly headers?: readonly Header[];
}

interface FakeTopic {
  readonly topicId: string;
  readonly partitions: (FakeRecord | undefined)[][];
  /** `max.message.bytes`; a flush with a larger record is refused. */
  maxMessageBytes?: number;
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

export class FakeKafka {
  readonly topics = new Map<string, FakeTopic>();
  readonly committed = new Map<string, OffsetToCommit>();
  /** Everything that happened, in order: commits, `released`, `leave`. Tests of the table add their own lines. */
  readonly journal: string[] = [];
  /** Rejects the next calls of that name. */
  readonly faults: { call: string; error: MillraceError }[] = [];
  readonly #clock: Clock;
  readonly members: FakeMember[] = [];
  #ids = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  create(name: string, partitions = 1): void {
    this.topics.set(name, { topicId: `id-${++this.#ids}`, partitions: Array.from({ length: partitions }, () => []) });
  }

  /** Undefined stands for a control record: an offset without a record. */
  append(topic: string, partition: number, ...records: (FakeRecord | undefined)[]): void {
    this.topics.get(topic)?.partitions[partition]?.push(...records);
    for (const { fetchers } of this.members) for (const fetcher of fetchers) fetcher.wakeup();
  }

  log(topic: string, partition = 0): readonly (FakeRecord | undefined)[] {
    return this.topics.get(topic)?.partitions[partition] ?? [];
  }

  /** Throws what was asked for. */
  fault(call: string): void {
    const at = this.faults.findIndex((one) => one.call === call);
    const [found] = at < 0 ? [] : this.faults.splice(at, 1);
    if (found !== undefined) throw found.error;
  }

  /** A process of its own; its member is `members.at(-1)`. */
  client(): KafkaClient {
    const member = new FakeMember(this);
    this.members.push(member);
    const view = (name: string): TopicView => {
      const { topicId, partitions } = this.topics.get(name) as FakeTopic;
      const leader = { leader: 1, leaderEpoch: 0 };
      return { name, topicId, partitions: partitions.map((_, partition) => ({ partition, ...leader })) };
    };
    return {
      connect: async () => this.fault('connect'),
      topics: async (names: readonly string[]) => {
        this.fault('topics');
        return new Map(names.filter((name) => this.topics.has(name)).map((name) => [name, view(name)]));
      },
      fetcher: () => {
        const fetcher = new FakeFetcher(this, this.#clock);
        member.fetchers.push(fetcher);
        return fetcher;
      },
      group: () => member,
      producer: () => new FakeProducer(this),
      admin: {
        listOffsets: async (partitions: readonly TopicPartition[]) =>
          partitions.map(({ topic, partition }) => ({
            ...{ topic, partition, timestamp: -1 },
            offset: this.log(topic, partition).length,
          })),
        topicConfigs: async (names: readonly string[]) => {
          const of = (name: string) => String(this.topics.get(name)?.maxMessageBytes ?? 1_048_588);
          return new Map(names.map((name) => [name, new Map([['max.message.bytes', of(name)]])]));
        },
        createTopics: async (created: readonly { name: string; partitions: number }[]) => {
          for (const { name, partitions } of created) this.create(name, partitions);
          return created.map(({ name }) => name);
        },
        groupOffsets: async (_group: string, partitions: readonly TopicPartition[]) => this.committedOf(partitions),
      },
    } as unknown as KafkaClient;
  }

  committedOf(partitions: readonly TopicPartition[]): CommittedOffset[] {
    return partitions.flatMap((one) => this.committed.get(keyOf(one)) ?? []);
  }
}

export class FakeMember implements GroupMember {
  readonly fetchers: FakeFetcher[] = [];
  readonly #kafka: FakeKafka;
  readonly #events: GroupEvent[] = [];
  #notify: () => void = () => undefined;
  #owned: readonly TopicPartition[] = [];
  #generation = 0;
  joined = false;
  rejoins = 0;
  /** Commits are refused like those of a member that was thrown out. */
  isFenced = false;

  constructor(kafka: FakeKafka) {
    this.#kafka = kafka;
  }

  /** The next round gives it these. */
  assign(...all: TopicPartition[]): void {
    const before = new Set(this.#owned.map(keyOf));
    const after = new Set(all.map(keyOf));
    const added = all.filter((one) => !before.has(keyOf(one)));
    const revoked = this.#owned.filter((one) => !after.has(keyOf(one)));
    this.#owned = all;
    const userData = Buffer.alloc(0);
    this.#push({ type: 'assigned', generation: ++this.#generation, all, added, revoked, userData });
  }

  lose(): void {
    this.#owned = [];
    this.isFenced = true;
    this.#push({ type: 'lost' });
  }

  #push(event: GroupEvent): void {
    this.#events.push(event);
    this.#notify();
  }

  join(): void {
    this.joined = true;
  }

  next(): GroupEvent | undefined {
    return this.#events.shift();
  }

  onEvent(notify: () => void): void {
    this.#notify = notify;
  }

  released(): void {
    this.#kafka.journal.push('released');
  }

  rejoin(): void {
    this.rejoins++;
  }

  metadata() {
    return { groupId: 'g', memberId: 'm', generation: this.#generation };
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#kafka.committedOf(partitions);
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    this.#kafka.fault('commit');
    if (this.isFenced)
      throw millraceError('MR_CLIENT_GROUP_FENCED', { groupId: 'g', memberId: 'm', generation: 1, error: 'fenced' });
    for (const one of offsets) {
      this.#kafka.committed.set(keyOf(one), one);
      this.#kafka.journal.push(`commit ${one.topic}-${one.partition}@${one.offset}`);
    }
  }

  async leave(): Promise<void> {
    this.#kafka.journal.push('leave');
  }
}

interface FakePosition extends TopicPartition {
  offset: number;
  isPaused: boolean;
}

class FakeFetcher implements Fetcher {
  readonly #kafka: FakeKafka;
  readonly #clock: Clock;
  readonly #positions = new Map<string, FakePosition>();
  #wake: () => void = () => undefined;
  #isWoken = false;

  constructor(kafka: FakeKafka, clock: Clock) {
    this.#kafka = kafka;
    this.#clock = clock;
  }

  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void {
    for (const { topic, partition, offset } of partitions)
      this.#positions.set(keyOf({ topic, partition }), { topic, partition, offset, isPaused: false });
    this.wakeup();
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.#positions.delete(keyOf(one));
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#pausing(partitions, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#pausing(partitions, false);
  }

  #pausing(partitions: readonly TopicPartition[], isPaused: boolean): void {
    for (const one of partitions) {
      const at = this.#positions.get(keyOf(one));
      if (at !== undefined) at.isPaused = isPaused;
    }
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch[]> {
    const found = this.#take();
    if (found.length > 0) return found;
    if (!this.#isWoken) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await this.#clock.sleep(maxWaitMs, woken.signal);
    }
    this.#isWoken = false;
    return this.#take();
  }

  #take(): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    for (const at of this.#positions.values()) {
      const log = this.#kafka.log(at.topic, at.partition);
      if (at.offset === earliestOffset) at.offset = 0;
      if (at.offset === latestOffset) at.offset = log.length;
      if (at.offset > log.length) throw millraceError('MR_CLIENT_OFFSET_OUT_OF_RANGE', { ...at });
      if (at.isPaused || at.offset === log.length) continue;
      batches.push(batchOf(at, log, at.offset));
      at.offset = log.length;
    }
    // Like the real one, it loses what it has taken already.
    if (batches.length > 0) this.#kafka.fault('poll');
    return batches;
  }

  wakeup(): void {
    this.#isWoken = true;
    this.#wake();
  }

  position(partition: TopicPartition): number | undefined {
    const offset = this.#positions.get(keyOf(partition))?.offset ?? -1;
    return offset < 0 ? undefined : offset;
  }

  endOffset({ topic, partition }: TopicPartition): number | undefined {
    const isFetched = (this.position({ topic, partition }) ?? 0) > 0;
    return isFetched ? this.#kafka.log(topic, partition).length : undefined;
  }

  async close(): Promise<void> {
    this.#positions.clear();
  }
}

function batchOf(
  { topic, partition }: TopicPartition,
  log: readonly (FakeRecord | undefined)[],
  from: number,
): FetchedBatch {
  const records = log.flatMap((record, offset) => (record === undefined || offset < from ? [] : [{ offset, record }]));
  const at = (i: number) => records[i] as (typeof records)[number];
  return {
    ...{ topic, partition, count: records.length, nextOffset: log.length, leaderEpoch: 0 },
    offset: (i) => at(i).offset,
    timestamp: (i) => at(i).record.timestamp ?? 0,
    key: (i) => at(i).record.key,
    value: (i) => at(i).record.value,
    headers: (i) => at(i).record.headers ?? [],
  };
}

function sizeOf(bytes: Uint8Array | null): number {
  return bytes === null ? 0 : bytes.length;
}

class FakeProducer implements RecordProducer {
  readonly #kafka: FakeKafka;
  #open: (() => void)[] = [];

  constructor(kafka: FakeKafka) {
    this.#kafka = kafka;
  }

  append(
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    timestamp: number,
    headers: readonly Header[] = [],
  ): boolean {
    this.#open.push(() => {
      const sizeBytes = 97 + sizeOf(key) + sizeOf(value) + headers.reduce((sum, one) => sum + one.key.length + sizeOf(one.value), 0);
      if (sizeBytes > (this.#kafka.topics.get(topic)?.maxMessageBytes ?? Infinity))
        throw millraceError('MR_CLIENT_BATCH_TOO_LARGE', { topic, partition, sizeBytes });
      this.#kafka.append(topic, partition, { key, value, timestamp, headers });
    });
    return true;
  }

  async flush(): Promise<void> {
    this.#kafka.fault('flush');
    for (const send of this.#open.splice(0)) send();
    this.#kafka.journal.push('flushed');
  }

  ready = async () => undefined;
  prepare = async () => undefined;
  close = async () => undefined;
  partitionCount = (topic: string) => this.#kafka.topics.get(topic)?.partitions.length ?? 0;
  endOffset = () => undefined;
}
