/** Metrics of a topology under test. The figures were recorded from Kafka Streams 4.3.1's driver on the same records, at the level DEBUG. */
import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

test("names, groups, tags and figures are the JVM library's", async () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream('in', strings);
  stream.to('out', strings);
  stream.groupByKey(strings).windowedBy(TimeWindows.ofSizeAndGrace(10, 5)).count({ name: 'w' });
  stream.process<string, string>(() => ({
    init: (context) => void context.schedule(10, 'wallClock', () => undefined),
    process: () => undefined,
  }));
  const driver = await TopologyTestDriver.open(builder.build(), { applicationId: 'app', startMs: 1_000 });
  const input = driver.createInputTopic('in', strings);
  await input.pipeInput('k', 'a', 20);
  await input.pipeInput('k', 'b', 21);
  // Its window has closed.
  await input.pipeInput('q', 'b', 2);
  await driver.advanceWallClockTime(100);
  const metrics = driver.metrics();
  const task = { 'thread-id': 'main', 'task-id': '0_0' };
  const ofTask = metrics.filter(({ group }) => group === 'stream-task-metrics');
  for (const { tags } of ofTask) expect(tags).toEqual(task);
  expect(Object.fromEntries(ofTask.map(({ name, value }) => [name, value]))).toEqual({
    'dropped-records-total': 1,
    'dropped-records-rate': 0.03322259136212624,
    'process-total': 3,
    'process-rate': 0.09966777408637874,
    'punctuate-total': 1,
    'punctuate-rate': 0.03333333333333333,
    'record-lateness-avg': 6.333333333333333,
    'record-lateness-max': 19,
    'restore-total': 0,
    'active-buffer-count': 0,
  });
  const ofTopics = metrics.filter(({ group }) => group === 'stream-topic-metrics');
  const source = { ...task, 'processor-node-id': 'KSTREAM-SOURCE-0000000000', topic: 'in' };
  const sink = { ...task, 'processor-node-id': 'KSTREAM-SINK-0000000001', topic: 'out' };
  expect(ofTopics.map(({ name, tags, value }) => [name, tags, value])).toEqual([
    ['records-consumed-total', source, 3],
    ['bytes-consumed-total', source, 72],
    ['records-produced-total', sink, 3],
    ['bytes-produced-total', sink, 75],
  ]);
  await driver.close();
});

test('before the first record there is no lateness to tell', async () => {
  const builder = new StreamsBuilder();
  builder.stream('in', strings).to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build());
  const value = (name: string): unknown => driver.metrics().find((one) => one.name === name)?.value;
  expect([value('record-lateness-avg'), value('process-total'), value('dropped-records-rate')]).toEqual([NaN, 0, 0]);
  await driver.close();
});
