import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type AutoOffsetReset, type KafkaStreams } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, reached, until, type ClusterUnderTest } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const hourMs = 3_600_000;

let cluster: ClusterUnderTest;
let ground: Playground;
let output: string;

beforeEach(async () => {
  cluster = embeddedCluster();
  ground = new Playground(cluster);
  output = await ground.topic('out', 1);
});

afterEach(async () => {
  await ground.close();
  await cluster.close();
});

/** A topic with records of these ages, in hours. */
async function aged(name: string, hours: readonly number[]): Promise<string> {
  const topic = await ground.topic(name, 1);
  const now = systemClock.now();
  for (const age of hours)
    await ground.feed(topic, [{ partition: 0, key: name, value: `${name} ${age} h`, timestamp: now - age * hourMs }]);
  return topic;
}

async function copying(
  sources: readonly (readonly [topic: string, reset?: AutoOffsetReset])[],
  config = {},
): Promise<KafkaStreams> {
  const builder = new StreamsBuilder();
  for (const [topic, offsetReset] of sources)
    builder.stream(topic, { ...strings, ...(offsetReset === undefined ? {} : { offsetReset }) }).to(output);
  const streams = ground.application(builder.build(), { engines: memoryEngines(), config });
  await streams.start();
  return streams;
}

test('each source begins where its own policy says (KIP-1106)', async () => {
  const streams = await copying(
    [
      [await aged('all', [50, 20]), 'earliest'],
      [await aged('recent', [50, 20, 3]), { byDuration: { hours: 24 } }],
      [await aged('old', [50, 40]), { byDuration: '1h' }],
      [await aged('new', [1]), 'latest'],
      [await aged('configured', [50, 2])],
    ],
    { 'auto.offset.reset': 'by_duration:PT4H' },
  );
  await reached(streams, 'RUNNING');
  const found = await ground.committed(output, (records) => records.length >= 5);
  expect(found.map(({ value }) => String(value)).sort()).toEqual([
    'all 20 h',
    'all 50 h',
    'configured 2 h',
    'recent 20 h',
    'recent 3 h',
  ]);
  expect(streams.metrics().processed).toBe(5);
});

test('none ends the application with what to do', async () => {
  const streams = await copying([[await aged('all', [1]), 'none']]);
  await until(() => streams.state === 'ERROR');
  expect(streams.failure).toMatchObject({ code: 'MR_RUNTIME_OFFSET_RESET', severity: 'user' });
});
