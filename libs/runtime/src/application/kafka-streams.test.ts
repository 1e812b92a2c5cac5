import { describe, expect, test } from '@jest/globals';
import { millraceError, silentLogger, systemClock, systemRandom, type Logger } from '@millrace/base';
import { StreamsBuilder } from '@millrace/dsl';
import type { KafkaClient, StateEngine, StateEngines } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { memoryEngines } from '@millrace/store-memory';
import { KafkaStreams } from './kafka-streams.ts';

const mebibyte = 1024 * 1024;
const missing = { code: 'MR_RUNTIME_SOURCE_TOPIC_MISSING' };

/** A cluster without topics. */
function emptyCluster(overrides: Partial<KafkaClient> = {}): KafkaClient & { readonly closed: number[] } {
  const closed: number[] = [];
  const client = {
    closed,
    capabilities: { exactlyOnce: 'v2' },
    connect: () => Promise.resolve(),
    topics: () => Promise.resolve(new Map()),
    admin: { describeGroup: () => Promise.resolve({ groupId: 'app', state: 'Dead', protocol: '', members: [] }) },
    transactionVersion: () => 2,
    close: () => Promise.resolve(void closed.push(1)),
    ...overrides,
  };
  return client as unknown as KafkaClient & { readonly closed: number[] };
}

function application(
  client: KafkaClient,
  { engines = memoryEngines(), logger = silentLogger }: { engines?: StateEngines; logger?: Logger } = {},
): KafkaStreams {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value: Serdes.string() }).to('out');
  const config = { applicationId: 'app', bootstrapServers: 'kafka:9092', stateDir: '/state' };
  const ports = { client, engines, logger, clock: systemClock, random: systemRandom };
  return new KafkaStreams(builder.build(), config, ports);
}

describe('a start that cannot be', () => {
  test('rejects with the reason, ends in ERROR and leaves nothing open', async () => {
    const client = emptyCluster();
    const streams = application(client);
    await expect(streams.start()).rejects.toMatchObject(missing);
    expect(streams.state).toBe('ERROR');
    expect(streams.failure).toMatchObject(missing);
    expect(client.closed).toHaveLength(1);
  });

  test('tells a wrong broker address with what was tried', async () => {
    const unreachable = millraceError('MR_CLIENT_UNREACHABLE', { tried: 'kafka:9092 (ENOTFOUND)' });
    const streams = application(emptyCluster({ connect: () => Promise.reject(unreachable) }));
    await expect(streams.start()).rejects.toMatchObject({
      code: 'MR_CLIENT_UNREACHABLE',
      message: expect.stringContaining('kafka:9092'),
      remedy: expect.stringContaining('bootstrap.servers'),
    });
  });

  test('tells what is wrong on this machine at once, whether or not a broker can be reached', async () => {
    const locked = millraceError('MR_STATE_LOCKED', { directory: '/state/app/process' });
    const engines = { ...memoryEngines(), open: () => Promise.reject(locked) };
    const connect = (): Promise<void> => new Promise(() => undefined);
    await expect(application(emptyCluster({ connect }), { engines }).start()).rejects.toBe(locked);
  });

  test('refuses exactly-once with a client that cannot do it', async () => {
    const streams = application(emptyCluster({ capabilities: { exactlyOnce: 'none' } }));
    await expect(streams.start()).rejects.toMatchObject({
      code: 'MR_RUNTIME_CAPABILITY',
      severity: 'user',
      remedy: expect.stringContaining('processing.guarantee=at_least_once'),
    });
  });

  test('refuses a disk without room, and says when there is little', async () => {
    const free = (bytes: number): StateEngines => ({ ...memoryEngines(), freeBytes: () => Promise.resolve(bytes) });
    await expect(application(emptyCluster(), { engines: free(5 * mebibyte) }).start()).rejects.toMatchObject({
      code: 'MR_STATE_NO_ROOM',
      severity: 'user',
      message: expect.stringMatching(/\/state has 5 MiB free.*64 MiB/),
      remedy: expect.stringContaining('STATE_DIR'),
    });
    // The lock is a store: on a disk that is quite full it cannot be opened either.
    const full = {
      ...free(0),
      open: () => Promise.reject(millraceError('MR_STATE_DISK_FULL', { directory: '/state' })),
    };
    await expect(application(emptyCluster(), { engines: full }).start()).rejects.toMatchObject({
      code: 'MR_STATE_NO_ROOM',
      message: expect.stringContaining('/state has 0 MiB free'),
    });
    const lines: unknown[] = [];
    const logger: Logger = { log: (level, _text, fields) => void (level === 'warn' && lines.push(fields)) };
    await expect(application(emptyCluster(), { engines: free(100 * mebibyte), logger }).start()).rejects.toMatchObject(
      missing,
    );
    expect(lines).toEqual([expect.objectContaining({ directory: '/state', freeBytes: 100 * mebibyte })]);
  });
});

describe('calls in a wrong order', () => {
  test('a second start is refused', async () => {
    const streams = application(emptyCluster());
    await expect(streams.start()).rejects.toMatchObject(missing);
    await expect(streams.start()).rejects.toMatchObject({ code: 'MR_RUNTIME_STATE' });
  });

  test('close before start, twice, and start after close', async () => {
    const streams = application(emptyCluster());
    expect(streams.close()).toBe(streams.close());
    await streams.close();
    expect(streams.state).toBe('NOT_RUNNING');
    await expect(streams.start()).rejects.toMatchObject({ code: 'MR_RUNTIME_STATE' });
  });

  test('close while it starts: no thread begins, and what the start opens is closed', async () => {
    let connected = (): void => undefined;
    const connecting = new Promise<void>((resolve) => (connected = resolve));
    const topics = ['in', 'out'].map((name) => [name, { name, topicId: name, partitions: [] }] as const);
    const client = emptyCluster({ connect: () => connecting, topics: () => Promise.resolve(new Map(topics)) });
    const held = new Set<string>();
    const memory = memoryEngines();
    const open = async (name: string): Promise<StateEngine> => {
      const engine = await memory.open(name);
      held.add(name);
      return { ...engine, close: () => Promise.resolve(void held.delete(name)) };
    };
    const streams = application(client, { engines: { ...memory, open } });
    const starting = streams.start();
    const closing = streams.close();
    connected();
    await Promise.all([starting, closing]);
    expect(streams.state).toBe('NOT_RUNNING');
    expect(streams.metrics().threads).toEqual([]);
    expect([...held]).toEqual([]);
  });
});
