import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import type { PartitionOffset, StateEngines, TopicPartition } from '@millrace/ports';
import { levelEngines } from '@millrace/store-level';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KafkaStreams } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Lines, Playground, reached, type ClusterUnderTest, type Found, type Given } from './testdata/playground.ts';
import { fold, latest, reaches, stale, wordCount, words } from './testdata/word-count.ts';

/** A process that dies: nothing it writes from then on reaches the disk. */
class Disk {
  readonly engines: StateEngines;
  isDead = false;

  constructor(engines: StateEngines) {
    this.engines = {
      ...engines,
      open: async (name) => {
        const engine = await engines.open(name);
        return {
          capabilities: engine.capabilities,
          getMany: (keys) => engine.getMany(keys),
          getSync: (key) => engine.getSync(key),
          scan: (range) => engine.scan(range),
          write: (changes) => (this.isDead ? Promise.resolve() : engine.write(changes)),
          close: () => engine.close(),
        };
      },
    };
  }
}

let cluster: ClusterUnderTest;
let ground: Playground;
let input: string;
let output: string;
let directory: string;
let fed: Given[];
let changelog: string;

beforeEach(async () => {
  cluster = embeddedCluster();
  ground = new Playground(cluster);
  input = await ground.topic('words', 4);
  output = await ground.topic('counts', 4);
  directory = mkdtempSync(path.join(tmpdir(), 'restart-'));
  changelog = `${ground.applicationId}-counts-changelog`;
  fed = [];
});

afterEach(async () => {
  await ground.close();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

async function started(engines: StateEngines, logger = new Lines()): Promise<KafkaStreams> {
  const streams = ground.application(wordCount({ input, output }), { engines, logger });
  await streams.start();
  await reached(streams, 'RUNNING');
  return streams;
}

async function feed(count: number): Promise<void> {
  const more = words(count, { from: fed.length });
  fed.push(...more);
  await ground.feed(input, more);
  await expectCounts();
}

async function expectCounts(): Promise<void> {
  const wanted = fold(fed);
  const records = await ground.committed(output, reaches(wanted));
  expect(latest(records)).toEqual(wanted);
  expect(stale(records)).toEqual([]);
}

const partitions = (): readonly TopicPartition[] => [0, 1, 2, 3].map((partition) => ({ topic: changelog, partition }));

/** The end of each partition once no transaction is open: the marker of the last one may be a little behind its output's. */
async function ends(): Promise<readonly PartitionOffset[]> {
  for (;;) {
    const [stable, high] = await Promise.all([
      ground.client.admin.listOffsets(partitions(), 'latest', 'read_committed'),
      ground.client.admin.listOffsets(partitions(), 'latest', 'read_uncommitted'),
    ]);
    const isStable = high.every(
      ({ partition, offset }) => stable.find((one) => one.partition === partition)?.offset === offset,
    );
    if (isStable) return high;
    await systemClock.sleep(5);
  }
}

async function logged(): Promise<readonly Found[]> {
  const last = await ends();
  const reachesEnd = (records: readonly Found[]): boolean =>
    last.every(({ partition, offset }) => {
      const own = records.filter((one) => one.partition === partition);
      // The last offset of a partition is a commit marker.
      return offset === 0 || (own.at(-1)?.offset ?? -1) >= offset - 2;
    });
  return ground.committed(changelog, reachesEnd);
}

test('after a crash only the tail of the changelog is read, what the store already has is not', async () => {
  const disk = new Disk(await levelEngines({ directory }));
  const first = await started(disk.engines);
  await feed(400);
  await first.close();
  const before = (await logged()).length;
  const second = await started(disk.engines);
  expect(second.metrics().restoredRecords).toBe(0);
  disk.isDead = true;
  await feed(100);
  const tail = (await logged()).length - before;
  await second.close();

  const third = await started(await levelEngines({ directory }));
  expect(tail).toBeGreaterThan(0);
  expect(third.metrics().restoredRecords).toBe(tail);
  await feed(100);
}, 30_000);

test('a new machine reads all of it', async () => {
  const first = await started(await levelEngines({ directory }));
  await feed(300);
  await first.close();
  const other = mkdtempSync(path.join(tmpdir(), 'restart-'));
  const second = await started(await levelEngines({ directory: other }));
  expect(second.metrics().restoredRecords).toBe((await logged()).length);
  await feed(100);
  await second.close();
  rmSync(other, { recursive: true, force: true });
}, 30_000);

test('a store whose place in the changelog is deleted is wiped and restored from what is there', async () => {
  const disk = new Disk(await levelEngines({ directory }));
  const first = await started(disk.engines);
  await feed(100);
  await first.close();
  const before = await ends();
  const second = await started(disk.engines);
  disk.isDead = true;
  // Each word comes again: the log has the newest count of all of them behind what is deleted.
  await feed(200);
  await second.close();
  // A broker deletes records only where time may delete them too. The store's place is before the marker of its last commit.
  await ground.client.admin.alterTopicConfigs(changelog, { 'cleanup.policy': 'compact,delete' });
  await ground.client.admin.deleteRecords(before);

  const lines = new Lines();
  const third = await started(await levelEngines({ directory }), lines);
  const wiped = lines.all.filter(({ text }) => text.includes('does not fit its changelog'));
  expect(wiped.map(({ fields }) => fields['task']).sort()).toEqual(['1_0', '1_1', '1_2', '1_3']);
  expect(third.metrics().restoredRecords).toBe((await logged()).length);
  await feed(100);
}, 30_000);

test('a changelog that was made anew, with what it had, is read from its beginning', async () => {
  const first = await started(await levelEngines({ directory }));
  for (let round = 0; round < 5; round++) await feed(40);
  await first.close();
  const last = new Map((await logged()).map((one) => [`${one.partition} ${one.key}`, one]));
  await ground.client.admin.deleteTopics([changelog]);
  const configs = { 'cleanup.policy': 'compact' };
  await ground.client.admin.createTopics([{ name: changelog, partitions: 4, replicationFactor: 1, configs }]);
  await ground.feed(
    changelog,
    [...last.values()].map(({ partition, key, value, timestamp }) => ({ partition, key, value, timestamp })),
  );
  const second = await started(await levelEngines({ directory }));
  expect(second.metrics().restoredRecords).toBe(last.size);
  await feed(100);
}, 30_000);

test('a store that cannot be read is wiped and restored', async () => {
  const first = await started(await levelEngines({ directory }));
  await feed(200);
  await first.close();
  for (const task of readdirSync(directory).filter((name) => name.startsWith('1_'))) {
    const manifest = readdirSync(path.join(directory, task)).find((name) => name.startsWith('MANIFEST')) as string;
    writeFileSync(path.join(directory, task, manifest), 'no manifest');
  }
  const lines = new Lines();
  const second = await started(await levelEngines({ directory }), lines);
  expect(await lines.with('code', 'MR_STATE_CORRUPT')).toMatchObject({ level: 'warn', fields: { does: 'wipe' } });
  expect(second.metrics().restoredRecords).toBe((await logged()).length);
  await feed(100);
}, 30_000);
