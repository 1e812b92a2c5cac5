import { expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type Program } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { globalSuite } from './testdata/global-suite.ts';
import { Playground, reached, until } from './testdata/playground.ts';

globalSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));

const strings = { key: Serdes.string(), value: Serdes.string() };

function pairs(input: string, table: string, output: string, value = Serdes.string()): Program {
  const builder = new StreamsBuilder();
  const names = builder.globalTable(table, { key: Serdes.string(), value });
  builder
    .stream(input, strings)
    .join(
      names,
      (key) => key,
      (left, right) => `${left} ${right}`,
    )
    .to(output, strings);
  return builder.build();
}

/** A serde that cannot read one value. */
const fragile = {
  ...Serdes.string(),
  deserialize(topic: string, bytes: Buffer): string {
    if (bytes.toString() === 'poison') throw new RangeError('not a name');
    return Serdes.string().deserialize(topic, bytes);
  },
};

test('a topic that is missing is told at the start, with what to do', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const input = await ground.topic('input', 1);
  const streams = ground.application(pairs(input, 'nowhere', 'out'), { engines: memoryEngines() });
  await expect(streams.start()).rejects.toMatchObject({
    code: 'MR_RUNTIME_SOURCE_TOPIC_MISSING',
    message: expect.stringContaining('nowhere'),
  });
  expect(streams.state).toBe('ERROR');
  await ground.close();
  await cluster.close();
});

test.each([
  ['fail', 'ERROR'],
  ['log-and-continue', 'RUNNING'],
] as const)('a record that cannot be read while it follows: %s', async (deserializationExceptionHandler, state) => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [input, table, output] = [
    await ground.topic('input', 1),
    await ground.topic('table', 1),
    await ground.topic('out', 1),
  ];
  const config = { deserializationExceptionHandler, commitIntervalMs: 20 };
  const program = pairs(input, table, output, fragile);
  const streams = ground.application(program, { engines: memoryEngines(), config });
  await streams.start();
  await reached(streams, 'RUNNING');
  await ground.feed(table, [
    { partition: 0, key: 'a', value: 'poison' },
    { partition: 0, key: 'b', value: 'fine' },
  ]);
  await until(() => streams.state === 'ERROR' || streams.metrics().globalRecords >= 2);
  expect(streams.state).toBe(state);
  if (state === 'ERROR') expect(streams.failure).toMatchObject({ code: 'MR_RUNTIME_UNDECODABLE' });
  else {
    await ground.feed(input, [
      { partition: 0, key: 'a', value: '1' },
      { partition: 0, key: 'b', value: '2' },
    ]);
    const [found] = await ground.committed(output, (records) => records.length >= 1);
    expect(found?.value?.toString()).toBe('2 fine');
  }
  await ground.close();
  await cluster.close();
});

test('a broker that restarts again and again costs no update', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [input, table, output] = [
    await ground.topic('input', 1),
    await ground.topic('table', 2),
    await ground.topic('out', 1),
  ];
  const config = { commitIntervalMs: 20 };
  const streams = ground.application(pairs(input, table, output), { engines: memoryEngines(), config });
  await streams.start();
  for (let round = 1; round <= 5; round++) {
    await ground.feed(table, [{ partition: round % 2, key: `k${round % 2}`, value: `v${round}` }]);
    cluster.broker.restart();
    await until(() => streams.metrics().globalRecords >= round);
  }
  await ground.feed(input, [
    { partition: 0, key: 'k0', value: 'even' },
    { partition: 0, key: 'k1', value: 'odd' },
  ]);
  const records = await ground.committed(output, (found) => found.length >= 2);
  expect(records.map(({ value }) => value?.toString())).toEqual(['even v4', 'odd v5']);
  await ground.close();
  await cluster.close();
});

test('an application of global stores alone runs without a group, and close ends it', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const table = await ground.topic('table', 1);
  await ground.feed(table, [{ partition: 0, key: 'a', value: '1' }]);
  const builder = new StreamsBuilder();
  builder.globalTable(table, strings);
  const streams = ground.application(builder.build(), { engines: memoryEngines() });
  await streams.start();
  expect(streams.state).toBe('RUNNING');
  expect(streams.metrics()).toMatchObject({ globalRecords: 1, threads: [] });
  await streams.close();
  expect(streams.state).toBe('NOT_RUNNING');
  await ground.close();
  await cluster.close();
});

test('close ends a start that waits for a broker', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [input, table] = [await ground.topic('input', 1), await ground.topic('table', 1)];
  await ground.feed(table, [{ partition: 0, key: 'a', value: '1' }]);
  const real = cluster.newClient();
  let isAsked = false;
  // The topic never gives anything.
  const client = Object.assign(Object.create(real) as typeof real, {
    fetcher: () => ({
      assign: () => void (isAsked = true),
      poll: () => systemClock.sleep(5).then(() => []),
      wakeup: () => undefined,
      close: () => Promise.resolve(),
    }),
    connect: () => real.connect(),
    topics: (...given: Parameters<typeof real.topics>) => real.topics(...given),
    close: () => real.close(),
    admin: real.admin,
    capabilities: real.capabilities,
    transactionVersion: () => real.transactionVersion(),
  });
  const streams = ground.application(pairs(input, table, 'out'), { engines: memoryEngines(), client });
  const starting = streams.start();
  await until(() => isAsked);
  await streams.close();
  await starting;
  expect(streams.state).toBe('NOT_RUNNING');
  await ground.close();
  await cluster.close();
});
