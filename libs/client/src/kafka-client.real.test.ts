import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import type {
  FetchedBatch,
  Fetcher,
  GroupAssignor,
  GroupEvent,
  GroupMember,
  KafkaClient,
  TopicPartition,
} from '@millrace/ports';
import { createKafkaClient } from './kafka-client.ts';
import { tcpTransport } from './tcp-transport.ts';

const bootstrapServers = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const open: KafkaClient[] = [];

function newClient(servers = bootstrapServers): KafkaClient {
  const client = createKafkaClient({
    bootstrapServers: servers,
    clientId: 'millrace-test',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    reachTimeoutMs: 1_000,
  });
  open.push(client);
  return client;
}

const client = newClient();
const unique = systemRandom.uuid();
const topics: string[] = [];

async function newTopic(what: string, partitions = 1): Promise<string> {
  const name = `client-${what}-${unique}`;
  topics.push(name);
  await client.admin.createTopics([
    { name, partitions, replicationFactor: -1, configs: { 'retention.ms': '-1', 'max.message.bytes': '2000000' } },
  ]);
  return name;
}

function text(batch: FetchedBatch): string[] {
  return Array.from({ length: batch.count }, (_, i) => String(batch.value(i)));
}

/** Waits until no transaction is open: markers come a little after the answer to a commit. */
async function settled(topic: string, partitions = 1): Promise<void> {
  const all: TopicPartition[] = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = async (isolation: 'read_committed' | 'read_uncommitted') =>
    (await client.admin.listOffsets(all, 'latest', isolation)).map(({ partition, offset }) => `${partition}@${offset}`);
  while ((await ends('read_committed')).sort().join() !== (await ends('read_uncommitted')).sort().join())
    await systemClock.sleep(5);
}

async function readAll(
  topic: string,
  isolation: 'read_committed' | 'read_uncommitted',
  options: { partitions?: number; from?: number; maxPartitionBytes?: number } = {},
): Promise<string[]> {
  const { partitions = 1, from = -2, ...rest } = options;
  const all: TopicPartition[] = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = await client.admin.listOffsets(all, 'latest', isolation);
  const fetcher = client.fetcher({ isolation, ...rest });
  fetcher.assign(all.map((one) => ({ ...one, offset: from })));
  const values: string[] = [];
  const done = (): boolean => ends.every((end) => (fetcher.position(end) ?? -1) >= end.offset);
  while (!done()) for (const batch of await fetcher.poll(2_000)) values.push(...text(batch));
  await fetcher.close();
  return values;
}

const alone = (memberId = 'm', generation = 1, groupId = `group-${unique}`) => ({ groupId, memberId, generation });
const bytes = (value: string): Buffer => Buffer.from(value);

beforeAll(() => client.connect());

afterAll(async () => {
  await client.admin.deleteTopics(topics);
  await Promise.all(open.map((one) => one.close()));
});

describe('the cluster', () => {
  test('a port without Kafka is named, with the reason and a remedy', async () => {
    await expect(newClient('127.0.0.1:9').connect()).rejects.toMatchObject({
      code: 'MR_CLIENT_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:9 (ECONNREFUSED'),
    });
  });

  test('topics are created once, described, altered, listed and deleted', async () => {
    const name = await newTopic('admin', 3);
    const again = await client.admin.createTopics([{ name, partitions: 3, replicationFactor: -1 }]);
    expect(again).toEqual([]);
    const view = (await client.topics([name, 'no-such-topic'])).get(name);
    expect(view?.partitions.map(({ partition, leader }) => [partition, leader >= 0])).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
    expect((await client.topics(['no-such-topic'])).size).toBe(0);
    expect((await client.admin.topicConfigs([name])).get(name)?.get('retention.ms')).toBe('-1');
    await client.admin.alterTopicConfigs(name, { 'retention.ms': '1234567' });
    expect((await client.admin.topicConfigs([name])).get(name)?.get('retention.ms')).toBe('1234567');
    expect((await client.admin.brokerConfigs()).has('log.retention.hours')).toBe(true);
    expect(await client.listTopics()).toContain(name);
    expect(client.transactionVersion()).toBe(2);
  });
});

describe('records', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4'] as const)('go through with compression %s', async (compression) => {
    const topic = await newTopic(`records-${compression}`, 4);
    const producer = client.producer({ compression, batchBytes: 20_000 });
    await producer.prepare([topic]);
    const count = 5_000;
    for (let i = 0; i < count; i++) {
      const headers = i % 100 === 0 ? [{ key: 'h', value: i % 200 === 0 ? null : bytes('x') }] : undefined;
      producer.append(
        topic,
        i % 4,
        i % 7 === 0 ? null : bytes(`k${i}`),
        i % 11 === 0 ? null : bytes(`v${i}`),
        1_000 + i,
        headers,
      );
    }
    await producer.flush();
    expect([0, 1, 2, 3].map((partition) => producer.endOffset(topic, partition))).toEqual([1250, 1250, 1250, 1250]);
    const fetcher = client.fetcher({ isolation: 'read_committed', maxPartitionBytes: 30_000 });
    fetcher.assign([0, 1, 2, 3].map((partition) => ({ topic, partition, offset: partition === 3 ? 1_000 : -2 })));
    const next = [0, 0, 0, 1_000];
    for (let seen = 0; seen < count - 1_000;) {
      for (const batch of await fetcher.poll(2_000)) {
        for (let i = 0; i < batch.count; i++) {
          const offset = next[batch.partition] as number;
          const n = offset * 4 + batch.partition;
          expect(batch.offset(i)).toBe(offset);
          expect(batch.timestamp(i)).toBe(1_000 + n);
          expect(batch.key(i)?.toString()).toBe(n % 7 === 0 ? undefined : `k${n}`);
          expect(batch.value(i)?.toString()).toBe(n % 11 === 0 ? undefined : `v${n}`);
          expect(batch.headers(i)).toEqual(
            n % 100 === 0 ? [{ key: 'h', value: n % 200 === 0 ? null : bytes('x') }] : [],
          );
          next[batch.partition] = offset + 1;
          seen += 1;
        }
      }
    }
    expect(next).toEqual([1250, 1250, 1250, 1250]);
    expect(fetcher.endOffset({ topic, partition: 0 })).toBe(1250);
    await fetcher.close();
    await producer.close();
  });

  test('a record that is too large is refused before it is sent, with its topic', async () => {
    const topic = await newTopic('large');
    const producer = client.producer();
    await producer.prepare([topic]);
    expect(() => producer.append(topic, 0, null, Buffer.alloc(1_100_000), 1)).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_RECORD_TOO_LARGE', message: expect.stringContaining(`${topic}-0`) }),
    );
    producer.append(topic, 0, null, Buffer.alloc(900_000), 1);
    await producer.flush();
    expect(producer.endOffset(topic, 0)).toBe(1);
    await producer.close();
  });

  test('an offset out of range follows the policy', async () => {
    const topic = await newTopic('range');
    const producer = client.producer();
    await producer.prepare([topic]);
    for (let i = 0; i < 10; i++) producer.append(topic, 0, null, bytes(String(i)), i);
    await producer.flush();
    await client.admin.deleteRecords([{ topic, partition: 0, offset: 4 }]);
    const strict = client.fetcher({ isolation: 'read_committed' });
    strict.assign([{ topic, partition: 0, offset: 2 }]);
    await expect(strict.poll(5_000)).rejects.toMatchObject({
      code: 'MR_CLIENT_OFFSET_OUT_OF_RANGE',
      details: { topic, partition: 0, offset: 2 },
    });
    const lenient = client.fetcher({ isolation: 'read_committed', offsetReset: 'earliest' });
    lenient.assign([{ topic, partition: 0, offset: 2 }]);
    let got: FetchedBatch[] = [];
    while (got.length === 0) got = await lenient.poll(5_000);
    expect(got.flatMap(text)).toEqual(['4', '5', '6', '7', '8', '9']);
    await Promise.all([strict.close(), lenient.close(), producer.close()]);
  });

  test('a waiting poll ends with wakeup; paused partitions give nothing', async () => {
    const topic = await newTopic('wake');
    const producer = client.producer();
    await producer.prepare([topic]);
    const fetcher: Fetcher = client.fetcher({ isolation: 'read_committed' });
    fetcher.assign([{ topic, partition: 0, offset: -2 }]);
    const waiting = fetcher.poll(600_000);
    fetcher.wakeup();
    expect(await waiting).toEqual([]);
    fetcher.pause([{ topic, partition: 0 }]);
    producer.append(topic, 0, null, bytes('x'), 1);
    await producer.flush();
    expect(await fetcher.poll(700)).toEqual([]);
    fetcher.resume([{ topic, partition: 0 }]);
    expect((await fetcher.poll(5_000)).flatMap(text)).toEqual(['x']);
    await fetcher.close();
    await producer.close();
  });
});

describe('transactions', () => {
  test('committed ones are seen, aborted ones are not, empty ones cost nothing', async () => {
    const topic = await newTopic('transactions', 2);
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
    await producer.prepare([topic]);
    await producer.init();
    expect(await producer.commit()).toBe(false);
    producer.append(topic, 0, null, bytes('a'), 1);
    producer.append(topic, 1, null, bytes('b'), 1);
    expect(await producer.commit()).toBe(true);
    producer.append(topic, 0, bytes('\0\0\0\0'), bytes('hidden'), 1);
    await producer.flush();
    await producer.abort();
    producer.append(topic, 0, null, bytes('never sent'), 1);
    await producer.abort();
    producer.append(topic, 0, null, bytes('c'), 1);
    expect(await producer.commit()).toBe(true);
    await producer.close();
    await settled(topic, 2);
    expect((await readAll(topic, 'read_committed', { partitions: 2 })).sort()).toEqual(['a', 'b', 'c']);
    expect((await readAll(topic, 'read_uncommitted', { partitions: 2 })).sort()).toEqual(['a', 'b', 'c', 'hidden']);
  });

  test('K2: two overlapping aborted transactions are hidden from every starting offset', async () => {
    const topic = await newTopic('overlap');
    const [a, b] = await Promise.all(
      ['a', 'b'].map(async (id) => {
        const producer = client.transactionalProducer({ transactionalId: `${id}-${topic}` });
        await producer.prepare([topic]);
        await producer.init();
        return producer;
      }),
    );
    for (const [producer, value] of [
      [a, 'a0'],
      [b, 'b1'],
      [a, 'a2'],
      [b, 'b3'],
    ] as const) {
      producer?.append(topic, 0, null, bytes(value), 1);
      await producer?.flush();
    }
    await a?.abort();
    await b?.abort();
    for (let from = 0; from < 6; from++) expect(await readAll(topic, 'read_committed', { from })).toEqual([]);
    expect(await readAll(topic, 'read_uncommitted', { from: 1 })).toEqual(['b1', 'a2', 'b3']);
    await Promise.all([a?.close(), b?.close()]);
  });

  test('P1, P2: aborted transactions larger than a response, and several of one producer, stay hidden', async () => {
    const topic = await newTopic('large-abort');
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}`, batchBytes: 100_000 });
    await producer.prepare([topic]);
    await producer.init();
    const fill = (name: string, count: number): void => {
      for (let i = 0; i < count; i++)
        producer.append(topic, 0, null, Buffer.concat([bytes(name), Buffer.alloc(50_000)]), 1);
    };
    fill('x', 30);
    await producer.flush();
    await producer.abort();
    producer.append(topic, 0, null, bytes('one'), 1);
    await producer.commit();
    fill('y', 2);
    await producer.flush();
    await producer.abort();
    fill('z', 2);
    await producer.flush();
    await producer.abort();
    producer.append(topic, 0, null, bytes('two'), 1);
    await producer.commit();
    await settled(topic);
    expect(await readAll(topic, 'read_committed', { maxPartitionBytes: 300_000 })).toEqual(['one', 'two']);
    await producer.close();
  });

  test('P3: a stable transactional id can be started ten times', async () => {
    const topic = await newTopic('restart');
    for (let i = 0; i < 10; i++) {
      const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
      await producer.prepare([topic]);
      await producer.init();
      producer.append(topic, 0, null, bytes(String(i)), 1);
      await producer.commit();
      // Left open: the next incarnation aborts it.
      producer.append(topic, 0, null, bytes('open'), 1);
      await producer.flush();
      await producer.close();
    }
    expect(await readAll(topic, 'read_committed')).toEqual(
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].slice(0, 10),
    );
  });

  test('a zombie is fenced at produce, at commit and at abort', async () => {
    const topic = await newTopic('zombie');
    const start = async () => {
      const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
      await producer.prepare([topic]);
      await producer.init();
      return producer;
    };
    const zombie = await start();
    zombie.append(topic, 0, null, bytes('old'), 1);
    await zombie.flush();
    const idle = await start();
    const fresh = await start();
    idle.append(topic, 0, null, bytes('old too'), 1);
    await expect(idle.flush()).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED', severity: 'fenced' });
    await expect(zombie.commit()).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
    await expect(zombie.abort()).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
    expect(() => zombie.append(topic, 0, null, bytes('more'), 1)).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_FENCED' }),
    );
    fresh.append(topic, 0, null, bytes('new'), 1);
    await fresh.commit();
    await settled(topic);
    expect(await readAll(topic, 'read_committed')).toEqual(['new']);
    await Promise.all([zombie.close(), idle.close(), fresh.close()]);
  });

  test('a transaction that timed out can be aborted, and the producer goes on', async () => {
    const topic = await newTopic('timeout');
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}`, transactionTimeoutMs: 1_000 });
    await producer.prepare([topic]);
    await producer.init();
    producer.append(topic, 0, null, bytes('lost'), 1);
    await producer.flush();
    const aborted = async (): Promise<boolean> => {
      const [end] = await client.admin.listOffsets([{ topic, partition: 0 }], 'latest', 'read_committed');
      return end?.offset === 2;
    };
    while (!(await aborted())) await systemClock.sleep(100);
    producer.append(topic, 0, null, bytes('late'), 1);
    await expect(producer.commit()).rejects.toMatchObject({
      code: 'MR_CLIENT_TRANSACTION_ABORTABLE',
      severity: 'retriable',
    });
    await producer.abort();
    producer.append(topic, 0, null, bytes('again'), 1);
    expect(await producer.commit()).toBe(true);
    await settled(topic);
    expect(await readAll(topic, 'read_committed')).toEqual(['again']);
    await producer.close();
  }, 60_000);

  test('offsets without membership are refused: a broker would let them through unfenced', async () => {
    const topic = await newTopic('unfenced');
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
    await producer.init();
    const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }];
    await expect(producer.sendOffsets(offsets, alone('', -1))).rejects.toMatchObject({
      code: 'MR_CLIENT_GROUP_FENCED',
    });
    await producer.abort();
    await producer.close();
  });
});

/** Shares out evenly, leaving what members own where it is, as a cooperative assignor must. */
const even: GroupAssignor = {
  name: 'even',
  assign(members, views) {
    const all = [...views.values()].flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
    const share = Math.ceil(all.length / members.length);
    const key = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
    const kept = new Map(members.map(({ memberId, owned }) => [memberId, owned.slice(0, share)]));
    const ownedByAny = new Set(members.flatMap(({ owned }) => owned.map(key)));
    // What somebody must still give up is given to nobody in this round.
    const free = all.filter((one) => !ownedByAny.has(key(one)));
    return new Map(
      members.map(({ memberId }) => {
        const own = [...(kept.get(memberId) ?? [])];
        while (own.length < share && free.length > 0) own.push(free.shift() as TopicPartition);
        return [memberId, { partitions: own, userData: bytes(`to ${members.length}`) }];
      }),
    );
  },
};

interface Followed {
  readonly member: GroupMember;
  readonly events: GroupEvent[];
  readonly owned: Set<number>;
}

/** Plays the owner: takes events, gives up what it must. */
function follow(member: GroupMember): Followed {
  const followed: Followed = { member, events: [], owned: new Set() };
  member.onEvent(() => {
    for (let event = member.next(); event !== undefined; event = member.next()) {
      followed.events.push(event);
      if (event.type === 'lost') followed.owned.clear();
      if (event.type === 'assigned') {
        for (const { partition } of event.revoked) followed.owned.delete(partition);
        for (const { partition } of event.added) followed.owned.add(partition);
      }
      member.released();
    }
  });
  member.join();
  return followed;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return;
    await systemClock.sleep(50);
  }
  throw new Error(`not within 20 s: ${what}`);
}

describe('groups', () => {
  const timing = { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 200 };

  test('members share partitions cooperatively and take over from one that leaves', async () => {
    const topic = await newTopic('group', 6);
    const options = { ...timing, groupId: `g-${topic}`, topics: [topic], assignor: even };
    const a = follow(client.group(options));
    await until('one member has all', () => a.owned.size === 6);
    const b = follow(client.group(options));
    await until('two members', () => a.owned.size === 3 && b.owned.size === 3);
    // Cooperative: a kept three partitions throughout.
    const revoked = a.events.flatMap((event) => (event.type === 'assigned' ? event.revoked : []));
    expect(revoked).toHaveLength(3);
    const c = follow(newClient().group(options));
    await until('three members', () => [a, b, c].every(({ owned }) => owned.size === 2));
    expect(new Set([a, b, c].flatMap(({ owned }) => [...owned])).size).toBe(6);
    await b.member.leave();
    await until('two members again', () => a.owned.size === 3 && c.owned.size === 3);
    const described = await client.admin.describeGroup(options.groupId);
    expect(described).toMatchObject({ state: 'Stable', protocol: 'even' });
    expect(described.members).toHaveLength(2);
    await Promise.all([a.member.leave(), c.member.leave()]);
    await client.admin.deleteGroup(options.groupId);
  }, 60_000);

  test('offsets are committed in a transaction, stable ones are waited for, an old generation is fenced', async () => {
    const topic = await newTopic('offsets', 2);
    const groupId = `g-${topic}`;
    const member = client.group({ ...timing, groupId, topics: [topic], assignor: even });
    const a = follow(member);
    await until('assigned', () => a.owned.size === 2);
    const old = member.metadata();
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
    await producer.prepare([topic]);
    await producer.init();
    const at = [{ topic, partition: 0 }];
    const position = (offset: number) => [{ topic, partition: 0, offset, metadata: `m${offset}` }];

    await producer.sendOffsets(position(5), old);
    expect(await member.committed(at, false)).toEqual([]);
    const stable = member.committed(at, true);
    producer.append(topic, 0, null, bytes('x'), 1);
    expect(await producer.commit()).toBe(true);
    expect(await stable).toEqual([{ topic, partition: 0, offset: 5, metadata: 'm5' }]);

    await producer.sendOffsets(position(6), old);
    await producer.abort();
    expect(await member.committed(at, true)).toMatchObject([{ offset: 5 }]);

    member.rejoin('a test asks for it');
    await until('next generation', () => member.metadata().generation > old.generation && a.events.length > 1);
    await expect(producer.sendOffsets(position(7), old)).rejects.toMatchObject({
      code: 'MR_CLIENT_GROUP_FENCED',
      severity: 'fenced',
    });
    await expect(producer.commit()).rejects.toMatchObject({ code: 'MR_CLIENT_GROUP_FENCED' });
    await producer.abort();
    await producer.sendOffsets(position(8), member.metadata());
    await producer.commit();
    expect(await member.committed(at, true)).toMatchObject([{ offset: 8 }]);

    await member.commit(position(9));
    expect(await client.admin.groupOffsets(groupId)).toEqual([{ topic, partition: 0, offset: 9, metadata: 'm9' }]);
    await member.leave();
    await expect(member.commit(position(10))).rejects.toMatchObject({ severity: 'fenced' });
    await producer.close();
  }, 60_000);

  test('a member whose owner is stuck leaves, and comes back when it moves again', async () => {
    const topic = await newTopic('stuck', 1);
    const options = { ...timing, groupId: `g-${topic}`, topics: [topic], assignor: even, maxPollIntervalMs: 600 };
    const stuck = client.group(options);
    stuck.join();
    let event: GroupEvent | undefined;
    while (event === undefined) {
      await systemClock.sleep(50);
      event = stuck.next();
    }
    expect(event.type).toBe('assigned');
    await systemClock.sleep(1_500);
    expect(stuck.next()).toEqual({ type: 'lost' });
    stuck.released();
    const again = follow(stuck);
    await until('assigned again', () => {
      stuck.next();
      return again.events.length > 0 || again.owned.size === 1;
    });
    await stuck.leave();
  }, 60_000);
});
