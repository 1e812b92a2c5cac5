import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import type { FetchedBatch, GroupAssignor, GroupEvent, GroupMember, KafkaClient } from '@millrace/ports';
import { createKafkajsClient } from './kafkajs-client.ts';

const topic = `kafkajs-${systemRandom.uuid()}`;
const brokers = [process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092'];
const client: KafkaClient = createKafkajsClient({ kafka: { brokers }, clock: systemClock, logger: silentLogger });

const everything: GroupAssignor = {
  name: 'everything',
  assign: (members, topics) => {
    const partitions = [...topics.values()].flatMap(({ name, partitions: all }) =>
      all.map(({ partition }) => ({ topic: name, partition })),
    );
    return new Map(
      members.map(({ memberId }, i) => [
        memberId,
        { partitions: partitions.filter((_, p) => p % members.length === i), userData: Buffer.from('told') },
      ]),
    );
  },
};

async function event(member: GroupMember, wanted: (event: GroupEvent) => boolean): Promise<GroupEvent> {
  for (let i = 0; i < 200; i++) {
    const next = member.next();
    if (next !== undefined) {
      if (wanted(next)) return next;
      member.released();
    }
    await systemClock.sleep(50);
  }
  throw new Error('no such event within 10 s');
}

beforeAll(async () => {
  await client.connect();
  await client.admin.createTopics([{ name: topic, partitions: 2, replicationFactor: -1 }]);
});

afterAll(async () => {
  await client.admin.deleteTopics([topic]);
  await client.close();
});

test('exactly-once is refused with a code and a remedy', () => {
  expect(() => client.transactionalProducer({ transactionalId: 'x' })).toThrow(
    expect.objectContaining({ code: 'MR_KAFKAJS_EXACTLY_ONCE', remedy: expect.stringContaining('at_least_once') }),
  );
});

test('records go through with key, value, time and headers, in order per partition', async () => {
  const producer = client.producer();
  await producer.prepare([topic]);
  expect(producer.partitionCount(topic)).toBe(2);
  for (let i = 0; i < 1_000; i++) {
    producer.append(topic, i % 2, Buffer.from([0, 0, 0, 0]), i === 4 ? null : Buffer.from(String(i)), 1_000 + i, [
      { key: 'h', value: Buffer.from('x') },
    ]);
  }
  await producer.flush();
  expect(producer.endOffset(topic, 0)).toBe(500);

  const fetcher = client.fetcher({ isolation: 'read_committed' });
  fetcher.assign([0, 1].map((partition) => ({ topic, partition, offset: -2 })));
  const batches: FetchedBatch[] = [];
  while (batches.reduce((sum, { count }) => sum + count, 0) < 1_000) batches.push(...(await fetcher.poll(500)));
  const first = batches
    .filter(({ partition }) => partition === 0)
    .flatMap((batch) => Array.from({ length: batch.count }, (_, i) => batch.value(i)?.toString() ?? null));
  expect(first).toEqual(Array.from({ length: 500 }, (_, i) => (i === 2 ? null : String(2 * i))));
  expect(batches[0]?.headers(0)).toEqual([{ key: 'h', value: Buffer.from('x') }]);
  expect(fetcher.position({ topic, partition: 0 })).toBe(500);
  await fetcher.close();
  await producer.close();
});

test('members share a group, commit, and take over from one that leaves', async () => {
  const options = {
    groupId: `group-${topic}`,
    topics: [topic],
    assignor: everything,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 300,
  };
  const a = client.group(options);
  a.join();
  const alone = await event(
    a,
    ({ type, ...rest }) => type === 'assigned' && (rest as { all: unknown[] }).all.length === 2,
  );
  expect(alone).toMatchObject({ userData: Buffer.from('told') });
  await a.commit([{ topic, partition: 0, offset: 7, metadata: 'm' }]);
  expect(
    await a.committed(
      [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ],
      false,
    ),
  ).toEqual([{ topic, partition: 0, offset: 7, metadata: 'm' }]);

  const b = client.group(options);
  b.join();
  const hasOne = (one: GroupEvent): boolean => one.type === 'assigned' && one.all.length === 1;
  await Promise.all([event(a, hasOne), event(b, hasOne)]);
  await a.leave();
  await event(b, (one) => one.type === 'assigned' && one.all.length === 2);
  await b.leave();
});
