import { expect, test } from '@jest/globals';
import { StreamsBuilder } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './index.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

test('topics give and take records in all the ways of the JVM library', async () => {
  const builder = new StreamsBuilder();
  builder.stream('in', strings).to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build());
  const input = driver.createInputTopic('in', strings, { startMs: 100, autoAdvance: '10ms' });
  const output = driver.createOutputTopic('out', strings);
  await input.pipeKeyValueList([
    ['a', '1'],
    ['b', '2'],
  ]);
  input.advanceTime('1s');
  await input.pipeValueList(['3']);
  await input.pipeInput('a', '4', 5);
  await input.pipeRecordList([{ key: 'c', value: null, timestamp: 6, headers: [] }]);
  expect(output.queueSize).toBe(5);
  expect([output.readValue(), output.readKeyValue()]).toEqual(['1', ['b', '2']]);
  const { timestamp, key } = output.readRecord();
  expect([key, timestamp]).toEqual([null, 1_120]);
  expect(output.readKeyValuesToMap()).toEqual(new Map([['a', '4'], ['c', null]])); // prettier-ignore
  expect([output.queueSize, output.isEmpty]).toEqual([0, true]);
  await input.pipeValueList(['x', 'y']);
  expect(output.readValuesToList()).toEqual(['x', 'y']);
  expect(driver.producedTopicNames).toEqual(new Set(['out']));
  await driver.close();
});

test('records without a time have that of the driver, or of their list', async () => {
  const builder = new StreamsBuilder();
  builder.stream('in', strings).to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build(), { startMs: 5_000 });
  await driver.advanceWallClockTime('1s');
  const input = driver.createInputTopic('in', strings);
  const output = driver.createOutputTopic('out', strings);
  await input.pipeInput('a', '1');
  await input.pipeKeyValueList([['b', '2'], ['c', '3']], 10, '15s'); // prettier-ignore
  await input.pipeValueList(['4', '5'], 7);
  await input.pipeRecordList([{ key: 'd', value: '6' }, { key: 'e', value: '7', timestamp: 9 }]); // prettier-ignore
  const times = output.readRecordsToList().map(({ value, timestamp }) => [value, timestamp]);
  expect(times).toEqual([['1', 6_000], ['2', 10], ['3', 15_010], ['4', 7], ['5', 7], ['6', 6_000], ['7', 9]]); // prettier-ignore
  await input.pipeInput(null, 'v');
  expect(() => output.readKeyValuesToMap()).toThrow(expect.objectContaining({ code: 'MR_TEST_KEY_NULL' }));
  await driver.close();
});
