/** The broker on a TCP port against clients that others wrote: kafkajs, and kcat (librdkafka) where it is installed. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededRandom, silentLogger, systemClock } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import { CompressionTypes, ConfigResourceTypes, Kafka, logLevel, type Consumer, type Producer } from 'kafkajs';
import { Broker } from './broker.ts';
import { serveBroker, type ServedBroker } from './serve-broker.ts';

let broker: Broker;
let server: ServedBroker;
let bootstrap: string;

beforeAll(async () => {
  broker = new Broker({ clock: systemClock, random: seededRandom(1), logger: silentLogger });
  server = await serveBroker(broker);
  bootstrap = `${server.address.host}:${server.address.port}`;
});

afterAll(async () => {
  await server.close();
  broker.close();
});

/** Values of messages, as they come, until there are so many different ones. */
async function consumed(consumer: Consumer, topic: string, count: number): Promise<string[]> {
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(String(message.value));
        if (new Set(seen).size === count) done();
      },
    });
  });
  return seen;
}

describe('kafkajs', () => {
  const connected: { disconnect(): Promise<void> }[] = [];
  const kafka = (): Kafka => new Kafka({ brokers: [bootstrap], clientId: 'kafkajs', logLevel: logLevel.NOTHING });

  async function producer(options: Parameters<Kafka['producer']>[0] = {}): Promise<Producer> {
    const made = kafka().producer(options);
    connected.push(made);
    await made.connect();
    return made;
  }

  afterAll(() => Promise.all(connected.map((one) => one.disconnect())));

  test('administers topics and settings', async () => {
    const admin = kafka().admin();
    connected.push(admin);
    await admin.connect();
    expect(await admin.createTopics({ topics: [{ topic: 'administered', numPartitions: 2 }] })).toBe(true);
    await admin.createPartitions({ topicPartitions: [{ topic: 'administered', count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ['administered'] });
    expect(topics[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    const type = ConfigResourceTypes.TOPIC;
    const name = 'administered';
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name, configEntries: [{ name: 'retention.ms', value: '77' }] }],
    });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type, name, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]).toMatchObject({ configValue: '77', isDefault: false });
    expect((await admin.describeCluster()).brokers).toEqual([{ nodeId: 1, ...server.address }]);
    await admin.deleteTopics({ topics: [name] });
    expect(await admin.listTopics()).not.toContain(name);
  });

  test('makes a topic by producing to it, and consumes it in a group of two', async () => {
    const topic = 'kafkajs-group';
    const values = Array.from({ length: 200 }, (_, i) => `v${i}`);
    const sender = await producer();
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP])
      await sender.send({
        topic,
        compression,
        messages: values.map((value) => ({ key: value, value: `${compression}${value}` })),
      });
    const group = (): Consumer => kafka().consumer({ groupId: topic, sessionTimeout: 6_000, heartbeatInterval: 100 });
    const [a, b] = [group(), group()];
    connected.push(a, b);
    const seen: string[] = [];
    for (const consumer of [a, b]) {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
    }
    await new Promise<void>((done) => {
      for (const consumer of [a, b])
        void consumer.run({
          eachMessage: async ({ message }) => {
            seen.push(String(message.value));
            if (new Set(seen).size === 400) done();
          },
        });
    });
    const admin = kafka().admin();
    connected.push(admin);
    await admin.connect();
    const { groups } = await admin.describeGroups([topic]);
    expect(groups[0]?.protocolType).toBe('consumer');
    await a.stop();
    await b.stop();
    const [committed] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    expect(committed?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(400);
  });

  test('reads what was committed, not what was aborted, offsets included', async () => {
    const topic = 'kafkajs-transactions';
    const transactional = await producer({ transactionalId: 'kafkajs', maxInFlightRequests: 1, idempotent: true });
    for (const [value, isCommitted] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const) {
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value }] });
      await transaction.sendOffsets({
        consumerGroupId: 'kafkajs-offsets',
        topics: [{ topic, partitions: [{ partition: 0, offset: isCommitted ? '5' : '9' }] }],
      });
      await (isCommitted ? transaction.commit() : transaction.abort());
    }
    const consumer = kafka().consumer({ groupId: topic });
    connected.push(consumer);
    expect(await consumed(consumer, topic, 2)).toEqual(['a', 'c']);
    const admin = kafka().admin();
    connected.push(admin);
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: 'kafkajs-offsets', topics: [topic] });
    expect(offsets?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('5');
  });
});

/** What a program prints; rejects with what it says on stderr when it fails. */
function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${command} ${args.join(' ')}: ${Buffer.concat(err).toString()}`));
    });
    child.stdin.end(input);
  });
}

const hasKcat = await run('kcat', ['-V']).then(
  () => true,
  () => false,
);

(hasKcat ? describe : describe.skip)(`kcat${hasKcat ? '' : ' (not installed)'}`, () => {
  const kcat = (...args: string[]): Promise<string> => run('kcat', ['-b', bootstrap, '-q', ...args]);
  const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i}`);

  test('lists what is there', async () => {
    const metadata: unknown = JSON.parse(await kcat('-L', '-J'));
    expect(metadata).toMatchObject({ brokers: [{ id: 1, name: bootstrap }] });
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('produces and consumes with %s', async (compression) => {
    const topic = `kcat-${compression}`;
    await run('kcat', ['-b', bootstrap, '-P', '-t', topic, '-p', '1', '-z', compression], lines.join('\n'));
    const read = await kcat('-C', '-t', topic, '-o', 'beginning', '-e');
    expect(read.trim().split('\n')).toEqual(lines);
  });

  test('consumes in a group and goes on where it was', async () => {
    const topic = 'kcat-group';
    await run('kcat', ['-b', bootstrap, '-P', '-t', topic, '-p', '0', '-X', 'enable.idempotence=true'], 'a\nb\nc');
    const group = ['-X', 'auto.offset.reset=earliest', '-e', '-G', 'kcat-group', topic];
    expect((await kcat(...group)).trim().split('\n')).toEqual(['a', 'b', 'c']);
    await run('kcat', ['-b', bootstrap, '-P', '-t', topic, '-p', '0'], 'd');
    expect((await kcat(...group)).trim().split('\n')).toEqual(['d']);
  });

  test('finds an offset by time', async () => {
    const [line] = (await kcat('-Q', '-t', 'kcat-none:1:1')).split('\n');
    expect(line).toBe('kcat-none [1] offset 0');
  });
});

describe('the server', () => {
  test('refuses a port that is taken', async () => {
    await expect(serveBroker(broker, server.address)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('ends its connections when it closes, and the broker goes on elsewhere', async () => {
    const second = await serveBroker(broker);
    const client = (address: { host: string; port: number }) =>
      createKafkaClient({
        bootstrapServers: `${address.host}:${address.port}`,
        clientId: 'test',
        transport: tcpTransport(),
        clock: systemClock,
        random: seededRandom(2),
        logger: silentLogger,
        reachTimeoutMs: 200,
      });
    const here = client(second.address);
    await here.connect();
    await here.admin.createTopics([{ name: 'kept', partitions: 1, replicationFactor: -1 }]);
    await second.close();
    await expect(client(second.address).connect()).rejects.toMatchObject({ code: 'MR_CLIENT_UNREACHABLE' });
    const there = client(server.address);
    await there.connect();
    expect(await there.listTopics()).toContain('kept');
    await Promise.all([here.close(), there.close()]);
  });
});
