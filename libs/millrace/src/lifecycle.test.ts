import { beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock, type MillraceError } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, type KafkaStreams, type Serde } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { pipedSiteOfEach } from './testdata/on-cluster.ts';
import type { Playground } from './testdata/playground.ts';
import { Lines, reached, until, type Given } from './testdata/playground.ts';
import { fold, latest, reaches, stale, wordCount, words } from './testdata/word-count.ts';

const site = pipedSiteOfEach(embeddedCluster, 4);
let fed: Given[];

beforeEach(() => {
  fed = [];
});

type Options = Parameters<Playground['application']>[1];

function application(options: Options = {}, value?: Serde<string>): KafkaStreams {
  const program = wordCount({ input: site.input, output: site.output, ...(value === undefined ? {} : { value }) });
  return site.ground.application(program, { engines: memoryEngines(), ...options });
}

async function feed(count = 200): Promise<void> {
  const more = words(count, { from: fed.length });
  fed.push(...more);
  await site.ground.feed(site.input, more);
}

async function expectCounts(): Promise<void> {
  const wanted = fold(fed);
  const records = await site.ground.committed(site.output, reaches(wanted));
  expect(latest(records)).toEqual(wanted);
  expect(stale(records)).toEqual([]);
}

const committedOffsets = async (): Promise<number> => {
  const committed = await site.ground.client.admin.groupOffsets(site.ground.applicationId);
  return committed.filter(({ topic }) => topic === site.input).reduce((sum, { offset }) => sum + offset, 0);
};

/** Words whose reading fails as often as told. */
function failing(times: number): Serde<string> & { left: number } {
  const serde = {
    ...Serdes.string(),
    left: times,
    deserialize(topic: string, bytes: Buffer): string {
      // A plain error of a user's own code, in the middle of a batch.
      if (bytes.toString() === 'w7' && serde.left-- > 0) throw new RangeError('seven is out of range');
      return Serdes.string().deserialize(topic, bytes);
    },
  };
  return serde;
}

describe('a thread that ends with an error', () => {
  test('ends the application by default: all threads, out of the group, nothing of the open transaction to be seen', async () => {
    const streams = application({ config: { numStreamThreads: 2 } }, failing(Infinity));
    await streams.start();
    await reached(streams, 'RUNNING');
    await feed();
    await expect(reached(streams, 'NOT_RUNNING')).rejects.toMatchObject({
      code: 'MR_RUNTIME_UNDECODABLE',
      message: expect.stringContaining('seven is out of range'),
    });
    expect(streams.metrics().threads.map(({ state }) => state)).toEqual(['DEAD', 'DEAD']);
    expect((await site.ground.client.admin.describeGroup(site.ground.applicationId)).members).toEqual([]);

    const mended = application();
    await mended.start();
    await expectCounts();
  });

  test('is replaced where the handler says so; its work is done again, once', async () => {
    const streams = application({}, failing(2));
    const asked: string[] = [];
    streams.setUncaughtExceptionHandler((error: MillraceError) => {
      asked.push(error.code);
      return 'replaceThread';
    });
    await streams.start();
    await feed();
    await expectCounts();
    expect(asked).toEqual(['MR_RUNTIME_UNDECODABLE', 'MR_RUNTIME_UNDECODABLE']);
    expect(streams.state).not.toBe('ERROR');
  });

  test('ends the application when the handler fails itself', async () => {
    const logger = new Lines();
    const streams = application({ logger }, failing(Infinity));
    streams.setUncaughtExceptionHandler(() => {
      throw new TypeError('no answer');
    });
    await streams.start();
    await feed();
    await expect(reached(streams, 'NOT_RUNNING')).rejects.toMatchObject({ code: 'MR_RUNTIME_UNDECODABLE' });
    expect(await logger.with('why', 'no answer')).toMatchObject({ level: 'error' });
  });
});

describe('close', () => {
  test('commits what is processed, leaves the group, and the next start does nothing twice', async () => {
    const engines = memoryEngines();
    const first = application({ engines, config: { commitIntervalMs: 60_000, transactionTimeoutMs: 120_000 } });
    await first.start();
    await reached(first, 'RUNNING');
    await feed();
    await until(() => first.metrics().processed >= 200);
    expect(await committedOffsets()).toBe(0);
    await first.close();
    expect(first.state).toBe('NOT_RUNNING');
    // The markers of the last transaction may still be on their way.
    while ((await committedOffsets()) < fed.length) await systemClock.sleep(5);
    expect((await site.ground.client.admin.describeGroup(site.ground.applicationId)).members).toEqual([]);

    const second = application({ engines });
    await second.start();
    await feed();
    await expectCounts();
    expect(second.metrics().restoredRecords).toBe(0);
    // Words are read once, and once more under their new key.
    await until(() => first.metrics().processed + second.metrics().processed === 2 * fed.length);
  });

  test('does not wait for a cluster that is gone; the next start does what was left', async () => {
    const client = site.cluster.newClient();
    const engines = memoryEngines();
    const first = application({
      engines,
      client,
      config: { sessionTimeoutMs: 1_000, transactionTimeoutMs: 1_000, commitIntervalMs: 500 },
    });
    await first.start();
    await reached(first, 'RUNNING');
    await feed();
    await until(() => first.metrics().processed > 0);
    await client.close();
    await first.close({ timeoutMs: 500 });
    expect(first.state).toBe('NOT_RUNNING');
    const second = application({ engines });
    await second.start();
    await feed();
    await expectCounts();
  });
});

describe('at least once', () => {
  const config = { processingGuarantee: 'at_least_once', commitIntervalMs: 50, sessionTimeoutMs: 1_000 };

  test('counts what was fed, without transactions, over an orderly restart', async () => {
    const engines = memoryEngines();
    const first = application({ engines, config });
    await first.start();
    await feed();
    await expectCounts();
    await first.close();
    const second = application({ engines, config });
    await second.start();
    await feed();
    await expectCounts();
    const uncommitted = await site.ground.client.admin.listOffsets(
      [{ topic: site.output, partition: 0 }],
      'latest',
      'read_uncommitted',
    );
    const records = await site.ground.committed(site.output, reaches(fold(fed)));
    // No markers of transactions between the records.
    expect(records.filter(({ partition }) => partition === 0)).toHaveLength(uncommitted[0]?.offset ?? -1);
  });

  test('may count twice after a crash, and loses nothing', async () => {
    const client = site.cluster.newClient();
    const first = application({ client, config });
    await first.start();
    await feed();
    await until(() => first.metrics().commits > 0);
    await client.close();
    await first.close({ timeoutMs: 500 });
    const second = application({ config });
    await second.start();
    await feed();
    const wanted = fold(fed);
    const counts = latest(await site.ground.committed(site.output, reaches(wanted)));
    for (const [word, count] of Object.entries(wanted)) expect(counts[word]).toBeGreaterThanOrEqual(count);
  });
});
