/** The client on a line that loses replies: the broker carries requests out, the connection breaks before the answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededRandom, silentLogger, systemClock, systemRandom } from '@millrace/base';
import type { GroupAssignor, GroupMember, KafkaClient, Transport } from '@millrace/ports';
import { apis, type ApiName } from '@millrace/protocol';
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.ts';
import { tcpTransport } from './tcp-transport.ts';

const bootstrapServers = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const open: KafkaClient[] = [];
const topics: string[] = [];

/** Loses the reply to every request that `loses` names. */
function losing(loses: (key: number) => boolean): Transport {
  const tcp = tcpTransport();
  return {
    async connect(address, { onData, onClose }) {
      let isLost = false;
      const connection = await tcp.connect(address, {
        onClose,
        onData: (chunk) => (isLost ? connection.close() : onData(chunk)),
      });
      return {
        close: () => connection.close(),
        write(chunks) {
          if (chunks.some((chunk) => loses(Buffer.from(chunk).readInt16BE(4)))) isLost = true;
          connection.write(chunks);
        },
      };
    },
  };
}

/** Loses the first reply to an API after it is armed. */
class OneLoss {
  armed: ApiName | undefined;
  lost = 0;
  readonly transport = losing((key) => {
    if (this.armed === undefined || apis[this.armed].key !== key) return false;
    this.armed = undefined;
    this.lost += 1;
    return true;
  });
}

async function connected(transport: Transport, options: Partial<KafkaClientOptions> = {}): Promise<KafkaClient> {
  const client = createKafkaClient({
    bootstrapServers,
    clientId: 'millrace-loss-test',
    transport,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...options,
  });
  open.push(client);
  await client.connect();
  return client;
}

let steady: KafkaClient;

async function newTopic(partitions = 1): Promise<string> {
  const name = `loss-${systemRandom.uuid()}`;
  topics.push(name);
  await steady.admin.createTopics([{ name, partitions, replicationFactor: -1, configs: { 'retention.ms': '-1' } }]);
  return name;
}

/** Everything committed, once no transaction is open: markers come a little after the answer to a commit. */
async function committed(topic: string, partition = 0): Promise<string[]> {
  const at = [{ topic, partition }];
  const [end] = await steady.admin.listOffsets(at, 'latest', 'read_uncommitted');
  const stable = async () => (await steady.admin.listOffsets(at, 'latest', 'read_committed'))[0]?.offset;
  // A marker that is written meanwhile takes the stable end past the one that was asked for.
  while (((await stable()) ?? 0) < (end?.offset ?? 0)) await systemClock.sleep(5);
  const fetcher = steady.fetcher({ isolation: 'read_committed' });
  fetcher.assign([{ topic, partition, offset: -2 }]);
  const values: string[] = [];
  while ((fetcher.position({ topic, partition }) ?? -1) < (end?.offset ?? 0)) {
    for (const batch of await fetcher.poll(1_000)) {
      for (let i = 0; i < batch.count; i++) values.push(String(batch.value(i)));
    }
  }
  await fetcher.close();
  return values;
}

const all: GroupAssignor = {
  name: 'all',
  assign: (members, views) =>
    new Map(
      members.map(({ memberId }) => [
        memberId,
        {
          partitions: [...views.values()].flatMap(({ name, partitions }) =>
            partitions.map(({ partition }) => ({ topic: name, partition })),
          ),
          userData: Buffer.alloc(0),
        },
      ]),
    ),
};

async function assigned(client: KafkaClient, topic: string): Promise<GroupMember> {
  const member = client.group({ groupId: `g-${topic}`, topics: [topic], assignor: all, heartbeatIntervalMs: 100 });
  member.join();
  for (let i = 0; i < 400; i++) {
    if (member.next()?.type === 'assigned') return member;
    await systemClock.sleep(50);
  }
  throw new Error('not assigned within 20 s');
}

beforeAll(async () => {
  steady = await connected(tcpTransport());
});

afterAll(async () => {
  await steady.admin.deleteTopics(topics);
  await Promise.all(open.map((client) => client.close()));
});

test('idempotent records are in the log once and in order, whatever replies are lost', async () => {
  const topic = await newTopic(2);
  const random = seededRandom(7);
  const client = await connected(losing((key) => key === apis.Produce.key && random.next() < 0.15));
  const producer = client.producer({ batchBytes: 1_000, lingerMs: 1 });
  await producer.prepare([topic]);
  for (let i = 0; i < 2_000; i++) {
    producer.append(topic, i % 2, null, Buffer.from(String(i)), 1);
    if (i % 100 === 0) await systemClock.sleep(2);
  }
  await producer.flush();
  const evens = Array.from({ length: 1_000 }, (_, i) => String(2 * i));
  const odds = Array.from({ length: 1_000 }, (_, i) => String(2 * i + 1));
  expect(await committed(topic, 0)).toEqual(evens);
  expect(await committed(topic, 1)).toEqual(odds);
  expect(producer.endOffset(topic, 0)).toBe(1_000);
}, 60_000);

test('fetches whose replies are lost leave no gap', async () => {
  const topic = await newTopic();
  const producer = steady.producer();
  await producer.prepare([topic]);
  for (let i = 0; i < 20_000; i++) producer.append(topic, 0, null, Buffer.from(String(i)), 1);
  await producer.flush();
  await producer.close();
  const random = seededRandom(3);
  const client = await connected(losing((key) => key === apis.Fetch.key && random.next() < 0.3));
  const fetcher = client.fetcher({ isolation: 'read_committed', maxPartitionBytes: 20_000 });
  fetcher.assign([{ topic, partition: 0, offset: -2 }]);
  let next = 0;
  while (next < 20_000) {
    for (const batch of await fetcher.poll(1_000)) {
      for (let i = 0; i < batch.count; i++) expect(String(batch.value(i))).toBe(String(next++));
    }
  }
  await fetcher.close();
}, 60_000);

test('a member joins and stays although replies to its group requests are lost', async () => {
  const topic = await newTopic(3);
  const random = seededRandom(5);
  const keys: number[] = [apis.JoinGroup.key, apis.SyncGroup.key, apis.Heartbeat.key, apis.OffsetCommit.key];
  const client = await connected(losing((key) => keys.includes(key) && random.next() < 0.4));
  const member = await assigned(client, topic);
  for (let offset = 1; offset <= 5; offset++) await member.commit([{ topic, partition: 0, offset, metadata: '' }]);
  await systemClock.sleep(1_000);
  expect(member.next()).toBeUndefined();
  expect(await member.committed([{ topic, partition: 0 }], true)).toMatchObject([{ offset: 5 }]);
  await member.leave();
}, 60_000);

describe('transactions v2', () => {
  test.each(['Produce', 'TxnOffsetCommit', 'EndTxn', 'InitProducerId'] as const)(
    'a lost reply to %s changes nothing',
    async (api) => {
      const topic = await newTopic();
      const loss = new OneLoss();
      const client = await connected(loss.transport);
      const member = await assigned(client, topic);
      const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
      await producer.prepare([topic]);
      if (api === 'InitProducerId') loss.armed = api;
      await producer.init();
      const expected: string[] = [];
      for (let i = 1; i <= 5; i++) {
        if (i % 2 === 0) loss.armed = api;
        producer.append(topic, 0, null, Buffer.from(String(i)), 1);
        expected.push(String(i));
        await producer.sendOffsets([{ topic, partition: 0, offset: i, metadata: '' }], member.metadata());
        expect(await producer.commit()).toBe(true);
      }
      expect(loss.lost).toBeGreaterThan(0);
      expect(await committed(topic)).toEqual(expected);
      expect(await member.committed([{ topic, partition: 0 }], true)).toMatchObject([{ offset: 5 }]);
      await member.leave();
      await producer.close();
    },
  );
});

describe('transactions v1', () => {
  test('commit, abort and fencing work as with v2', async () => {
    const topic = await newTopic();
    const client = await connected(tcpTransport(), { transactionVersion: 1 });
    const member = await assigned(client, topic);
    const start = async () => {
      const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
      await producer.prepare([topic]);
      await producer.init();
      return producer;
    };
    const producer = await start();
    for (const [i, keep] of [true, false, true, true, false].entries()) {
      producer.append(topic, 0, null, Buffer.from(String(i)), 1);
      await producer.sendOffsets([{ topic, partition: 0, offset: i, metadata: '' }], member.metadata());
      if (keep) expect(await producer.commit()).toBe(true);
      else await producer.abort();
    }
    expect(await committed(topic)).toEqual(['0', '2', '3']);
    expect(await member.committed([{ topic, partition: 0 }], true)).toMatchObject([{ offset: 3 }]);
    const next = await start();
    producer.append(topic, 0, null, Buffer.from('zombie'), 1);
    await expect(producer.commit()).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
    next.append(topic, 0, null, Buffer.from('4'), 1);
    await next.commit();
    expect(await committed(topic)).toEqual(['0', '2', '3', '4']);
    await member.leave();
  });

  test.each([
    ['EndTxn', true],
    ['TxnOffsetCommit', false],
    ['AddOffsetsToTxn', false],
    ['AddPartitionsToTxn', false],
  ] as const)('a lost reply to %s: the committed offsets tell the outcome after init', async (api, isCommitted) => {
    const topic = await newTopic();
    const loss = new OneLoss();
    const client = await connected(loss.transport, { transactionVersion: 1 });
    const member = await assigned(client, topic);
    const producer = client.transactionalProducer({ transactionalId: `t-${topic}` });
    await producer.prepare([topic]);
    await producer.init();
    loss.armed = api;
    producer.append(topic, 0, null, Buffer.from('first'), 1);
    const work = (async () => {
      await producer.sendOffsets([{ topic, partition: 0, offset: 1, metadata: '' }], member.metadata());
      await producer.commit();
    })();
    await expect(work).rejects.toMatchObject({ code: 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN', severity: 'retriable' });
    await producer.init();
    expect(await member.committed([{ topic, partition: 0 }], true)).toHaveLength(isCommitted ? 1 : 0);
    producer.append(topic, 0, null, Buffer.from('second'), 1);
    expect(await producer.commit()).toBe(true);
    expect(await committed(topic)).toEqual(isCommitted ? ['first', 'second'] : ['second']);
    await member.leave();
  });
});
