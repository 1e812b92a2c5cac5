import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient, StateEngines } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import { KafkaStreams, Serdes, StreamsBuilder, type Program, type StreamsState } from './index.ts';

/** The whole of it on a real broker: counted once, restarted from the local state, shared by several, taken over after a crash. */
const bootstrapServers = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const unique = systemRandom.uuid().slice(0, 8);
const input = `words-${unique}`;
const output = `word-counts-${unique}`;
const applicationId = `word-count-${unique}`;
const expected = new Map<string, number>();
const open: KafkaStreams[] = [];

function newClient(): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId: 'test',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
}

const client = newClient();

function wordCount(): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(input, { key: Serdes.string(), value: Serdes.string() })
    .groupBy((_key, word) => word, { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'counts' })
    .toStream()
    .to(output);
  return builder.build();
}

function application(engines: StateEngines, own: KafkaClient = newClient()): KafkaStreams {
  const config = {
    applicationId,
    bootstrapServers,
    topics: 'create',
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
  };
  const logger = process.env['VERBOSE'] === '1' ? undefined : silentLogger;
  const streams = new KafkaStreams(wordCount(), config as never, {
    engines,
    client: own,
    ...(logger === undefined ? {} : { logger }),
  });
  open.push(streams);
  return streams;
}

function reached(streams: KafkaStreams, wanted: StreamsState): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (state: StreamsState): void => {
      if (state === wanted) resolve();
      else if (state === 'ERROR') reject(streams.failure ?? new Error('no failure'));
    };
    streams.onStateChange(look);
    look(streams.state);
  });
}

async function feed(count: number): Promise<void> {
  const producer = client.producer();
  await producer.prepare([input]);
  for (let i = 0; i < count; i++) {
    const word = `w${systemRandom.int(50)}`;
    expected.set(word, (expected.get(word) ?? 0) + 1);
    producer.append(input, i % 4, Buffer.from(`k${i}`), Buffer.from(word), systemClock.now());
  }
  await producer.flush();
  await producer.close();
}

/** Reads the results until they are the expected ones; counts of a word must never go back or come twice. */
async function counted(): Promise<void> {
  const fetcher = client.fetcher({ isolation: 'read_committed' });
  fetcher.assign([0, 1, 2, 3].map((partition) => ({ topic: output, partition, offset: -2 })));
  const found = new Map<string, number>();
  const isThere = (): boolean => [...expected].every(([word, count]) => found.get(word) === count);
  while (!isThere()) {
    for (const batch of await fetcher.poll(500)) {
      for (let i = 0; i < batch.count; i++) {
        const word = String(batch.key(i));
        const count = Number(batch.value(i)?.readBigInt64BE());
        expect(count).toBeGreaterThan(found.get(word) ?? 0);
        found.set(word, count);
      }
    }
  }
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  await fetcher.close();
}

beforeAll(async () => {
  await client.connect();
  await client.admin.createTopics([{ name: input, partitions: 4, replicationFactor: 1 }]);
});

afterAll(async () => {
  await Promise.all(open.map((streams) => streams.close({ timeoutMs: 5_000 })));
  const topics = (await client.listTopics()).filter((name) => name.includes(unique));
  await client.admin.deleteTopics(topics);
  await client.close();
});

test('counts once, restarts from local state, shares the tasks, and takes them over after a crash', async () => {
  const disk = memoryEngines();
  const first = application(disk);
  await first.start();
  await reached(first, 'RUNNING');
  await feed(2_000);
  await counted();
  await first.close();
  expect(first.state).toBe('NOT_RUNNING');

  const again = application(disk);
  await again.start();
  await reached(again, 'RUNNING');
  expect(again.metrics().restoredRecords).toBe(0);
  await feed(2_000);
  await counted();
  expect(again.metrics().processed).toBe(4_000);

  const fragile = newClient();
  const second = application(memoryEngines(), fragile);
  await second.start();
  await reached(second, 'RUNNING');
  while (second.metrics().threads[0]?.tasks.length !== 4 || again.state !== 'RUNNING') await systemClock.sleep(50);
  expect(second.metrics().restoredRecords).toBeGreaterThan(0);
  await feed(2_000);
  await counted();

  await feed(500);
  await fragile.close();
  await counted();
}, 60_000);
