/** Topics of a pattern under the test driver: each is read from its first record on. */
import { expect, test } from '@jest/globals';
import { StreamsBuilder, Topology } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

test('records of all topics that match go one way, each with its own topic and time', async () => {
  const seen: string[] = [];
  const program = new Topology()
    .addSource('in', /orders-.*/, { ...strings, timestamp: (value: string) => Number(value) })
    .addProcessor<string, string, never, never>(
      'note',
      () => {
        let topic: () => string | null | undefined = () => undefined;
        return {
          init: (context) => (topic = () => context.recordMetadata?.topic),
          process: ({ key, timestamp }) => void seen.push(`${topic()} ${key} ${timestamp}`),
        };
      },
      { parents: 'in' },
    )
    .build();
  const driver = await TopologyTestDriver.open(program);
  const [eu, us] = ['orders-eu', 'orders-us'].map((topic) => driver.createInputTopic(topic, strings));
  await eu?.pipeInput('a', '5', 0);
  await us?.pipeInput('b', '7', 0);
  await eu?.pipeInput('c', '9', 0);
  expect(seen).toEqual(['orders-eu a 5', 'orders-us b 7', 'orders-eu c 9']);
  expect(driver.committedOffsets.map(({ topic, offset }) => [topic, offset])).toEqual([
    ['orders-eu', 2],
    ['orders-us', 1],
  ]);
  await driver.close();
});

test('topics that do not match are refused, and so are those of the application itself', async () => {
  const builder = new StreamsBuilder();
  builder.stream(/.*-.*/, strings).groupByKey(strings).count({ name: 'counts' }).toStream().to('counts');
  const driver = await TopologyTestDriver.open(builder.build());
  await driver.createInputTopic('a-b', strings).pipeInput('k', 'v', 0);
  for (const topic of ['ab', 'test-counts-changelog'])
    await expect(driver.createInputTopic(topic, strings).pipeInput('k', 'v', 0)).rejects.toMatchObject({
      code: 'MR_TEST_TOPIC_UNKNOWN',
    });
  const counts = driver.createOutputTopic('counts', { key: Serdes.string(), value: Serdes.long() });
  expect(counts.readRecordsToList().map(({ key, value }) => [key, value])).toEqual([['k', 1]]);
  await driver.close();
});
