import { beforeEach, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import type { KafkaStreams } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { pipedSiteOfEach } from './testdata/on-cluster.ts';
import { reached, until, type Given } from './testdata/playground.ts';
import { fold, latest, reaches, stale, wordCount, words } from './testdata/word-count.ts';

const site = pipedSiteOfEach(embeddedCluster, 4);
let fed: Given[];

beforeEach(() => {
  fed = [];
});

function application(engines = memoryEngines()): KafkaStreams {
  return site.ground.application(wordCount(site), { engines, config: { commitIntervalMs: 20 } });
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

const waiting = (streams: KafkaStreams): number =>
  streams
    .metrics()
    .lag.filter(({ topic }) => topic === site.input)
    .reduce((sum, { lag }) => sum + lag, 0);

test('a paused application polls and processes nothing; it goes on where it was', async () => {
  const streams = application();
  streams.pause();
  expect(streams.isPaused).toBe(true);
  await streams.start();
  await reached(streams, 'RUNNING');
  await feed();
  await until(() => waiting(streams) === 200);
  expect(streams.metrics().processed).toBe(0);
  streams.resume();
  expect(streams.isPaused).toBe(false);
  await expectCounts();

  streams.pause();
  const { processed } = streams.metrics();
  await feed();
  await until(() => waiting(streams) === 200);
  expect(streams.metrics().processed).toBe(processed);
  expect(streams.state).toBe('RUNNING');
  streams.resume();
  await expectCounts();
});

test('threads come and go while records flow; nothing is lost or counted twice', async () => {
  const streams = application();
  expect(() => streams.addStreamThread()).toThrow(expect.objectContaining({ code: 'MR_RUNTIME_STATE' }));
  await streams.start();
  await reached(streams, 'RUNNING');
  await feed();
  expect([streams.addStreamThread(), streams.addStreamThread()]).toEqual([1, 2]);
  await feed();
  await until(() => streams.metrics().threads.every(({ tasks }) => tasks.length > 0));
  expect(streams.metrics().threads.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(await streams.removeStreamThread()).toBe(2);
  expect(await streams.removeStreamThread()).toBe(1);
  expect((await site.ground.client.admin.describeGroup(site.ground.applicationId)).members).toHaveLength(1);
  await feed();
  await expectCounts();
  await until(() => streams.state === 'RUNNING');
  expect(streams.addStreamThread()).toBe(1);
  await streams.close();
  await expect(streams.removeStreamThread()).rejects.toMatchObject({ code: 'MR_RUNTIME_STATE' });
});

test('cleanUp deletes the local state, and only of an application that does not run', async () => {
  const engines = memoryEngines();
  const first = application(engines);
  await first.start();
  await reached(first, 'RUNNING');
  await feed();
  await expectCounts();
  await expect(first.cleanUp()).rejects.toMatchObject({ code: 'MR_RUNTIME_STATE' });
  await first.close();
  expect((await engines.list()).length).toBeGreaterThan(1);
  await first.cleanUp();
  expect((await engines.list()).filter((name) => /\d_\d/.test(name))).toEqual([]);

  const second = application(engines);
  await second.cleanUp();
  await second.start();
  await reached(second, 'RUNNING');
  expect(second.metrics().restoredRecords).toBeGreaterThan(0);
  await feed();
  await expectCounts();
});
