/** Figures of a running application under the JVM library's names. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, until, type ClusterUnderTest } from './testdata/playground.ts';
import { words } from './testdata/word-count.ts';

let cluster: ClusterUnderTest;
let ground: Playground;

beforeEach(() => {
  cluster = embeddedCluster();
  ground = new Playground(cluster);
});

afterEach(async () => {
  await ground.close();
  await cluster.close();
});

test('what threads and tasks have done is told by name, group and tags', async () => {
  const [input, output] = [await ground.topic('words', 4), await ground.topic('out', 4)];
  const builder = new StreamsBuilder();
  builder.stream(input, { key: Serdes.string(), value: Serdes.string() }).to(output);
  await ground.feed(input, words(60));
  const config = { commitIntervalMs: 10, clientId: 'me' };
  const streams = ground.application(builder.build(), { engines: memoryEngines(), config });
  await streams.start();
  const figures = (name: string, group: string) =>
    streams.metricsByName().filter((one) => one.name === name && one.group === group);
  const processed = () =>
    figures('process-total', 'stream-task-metrics').reduce((sum, { value }) => sum + Number(value), 0);
  await until(() => processed() === 60 && streams.metrics().commits > 0);
  const thread = { 'thread-id': 'me-StreamThread-1' };
  expect(figures('process-total', 'stream-thread-metrics')).toMatchObject([{ tags: thread, value: 60 }]);
  expect(figures('process-total', 'stream-task-metrics').map(({ tags }) => tags)).toEqual([
    { ...thread, 'task-id': '0_0' },
    { ...thread, 'task-id': '0_1' },
    { ...thread, 'task-id': '0_2' },
    { ...thread, 'task-id': '0_3' },
  ]);
  expect(figures('commit-total', 'stream-thread-metrics')[0]?.value).toBe(streams.metrics().commits);
  expect(figures('state', 'stream-metrics')).toMatchObject([{ tags: { 'client-id': 'me' }, value: 'RUNNING' }]);
  expect(figures('alive-stream-threads', 'stream-metrics')[0]?.value).toBe(1);
  expect(figures('failed-stream-threads', 'stream-metrics')[0]?.value).toBe(0);
  expect(figures('topology-description', 'stream-metrics')[0]?.value).toMatch(/^Topologies:\n {3}Sub-topology: 0/);
  expect(figures('state', 'stream-thread-metrics')).toMatchObject([{ tags: thread, value: 'RUNNING' }]);
  expect(figures('task-created-total', 'stream-thread-metrics')[0]?.value).toBe(4);
  expect(figures('task-closed-total', 'stream-thread-metrics')[0]?.value).toBe(0);
  expect(figures('commit-latency-max', 'stream-thread-metrics')[0]?.value).toBeGreaterThanOrEqual(0);
  expect(figures('restore-remaining-records-total', 'stream-task-metrics').map(({ value }) => value)).toEqual([
    0, 0, 0, 0,
  ]);
  await streams.close();
  expect(figures('task-closed-total', 'stream-thread-metrics')[0]?.value).toBe(4);
});
