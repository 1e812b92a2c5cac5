import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

const text = { key: Serdes.string(), value: Serdes.string() };
const counted = { key: Serdes.string(), value: Serdes.long() };

/** Words are counted behind a repartition topic; windows of ten seconds, sent when they close. */
function topology() {
  const builder = new StreamsBuilder();
  const grouped = builder
    .stream('lines', text)
    .flatMapValues((line: string) => line.split(' '))
    .groupBy((_key, word) => word, { ...text, name: 'by-word' });
  grouped.count({ name: 'counts' }).toStream().to('counts', counted);
  const windows = TimeWindows.ofSizeWithNoGrace(10_000);
  const closed = grouped.windowedBy(windows).emitStrategy('onWindowClose').count({ name: 'closed' });
  closed
    .toStream()
    .selectKey(({ key }) => key)
    .to('closed', counted);
  return builder.build();
}

test('records go through repartition topics, and each is committed before the next', async () => {
  const driver = await TopologyTestDriver.open(topology());
  const lines = driver.createInputTopic('lines', text);
  const counts = driver.createOutputTopic('counts', counted);
  await lines.pipeInput(null, 'a b a', 5);
  const read = counts.readRecordsToList().map(({ key, value, timestamp }) => [key, value, timestamp]);
  expect(read).toEqual([
    ['a', 1, 5],
    ['b', 1, 5],
    ['a', 2, 5],
  ]);
  expect(counts.isEmpty).toBe(true);
  expect(() => counts.readRecord()).toThrow(expect.objectContaining({ code: 'MR_TEST_TOPIC_EMPTY' }));
  await driver.close();
});

test('a window is sent with the record that closes it', async () => {
  const driver = await TopologyTestDriver.open(topology());
  const lines = driver.createInputTopic('lines', text);
  const closed = driver.createOutputTopic('closed', counted);
  await lines.pipeInput(null, 'a a', 0);
  expect(closed.isEmpty).toBe(true);
  await lines.pipeInput(null, 'b', 10_000);
  expect(closed.readRecordsToList().map(({ key, value }) => [key, value])).toEqual([['a', 2]]);
  await driver.close();
});

test('with manual commits the record cache gives the last update of each key, in the order of the updates', async () => {
  const driver = await TopologyTestDriver.open(topology(), { commit: 'manual' });
  const lines = driver.createInputTopic('lines', text);
  const counts = driver.createOutputTopic('counts', counted);
  await lines.pipeInput(null, 'a b a', 0);
  expect(counts.isEmpty).toBe(true);
  await driver.commit();
  expect(counts.readRecordsToList().map(({ key, value }) => [key, value])).toEqual([
    ['b', 1],
    ['a', 2],
  ]);
  await driver.close();
});

test('a topic that the topology does not read is refused', async () => {
  const driver = await TopologyTestDriver.open(topology());
  const record = { key: null, value: null, timestamp: 0 };
  await expect(driver.pipe('elsewhere', record)).rejects.toMatchObject({
    code: 'MR_TEST_TOPIC_UNKNOWN',
    details: { topics: ['lines', 'test-by-word-repartition'] },
  });
  await driver.close();
});

test.each([1.5, Number.NaN, 2 ** 60])('no record has the time %d', async (timestamp) => {
  const driver = await TopologyTestDriver.open(topology());
  const lines = driver.createInputTopic('lines', text);
  await expect(lines.pipeInput('a', 'b', timestamp)).rejects.toMatchObject({ code: 'MR_RUNTIME_TIMESTAMP' });
  await driver.close();
});

test('a record that fails is given up, and the next one is processed', async () => {
  const builder = new StreamsBuilder();
  const broken = (value: number): number => {
    if (value < 0) throw new Error('negative');
    return value;
  };
  builder.stream('in', counted).mapValues(broken).to('out', counted);
  builder.globalTable('rows', counted, { name: 'rows' });
  const driver = await TopologyTestDriver.open(builder.build());
  const longs = driver.createInputTopic('in', counted);
  await expect(driver.createInputTopic('in', text).pipeInput('a', 'two')).rejects.toMatchObject({
    code: 'MR_RUNTIME_UNDECODABLE',
  });
  await longs.pipeInput('a', 1);
  await expect(longs.pipeInput('a', -1)).rejects.toMatchObject({ code: 'MR_RUNTIME_USER_CODE' });
  await longs.pipeInput('a', 2);
  await expect(driver.createInputTopic('rows', text).pipeInput('a', 'two')).rejects.toMatchObject({
    code: 'MR_RUNTIME_UNDECODABLE',
  });
  await driver.createInputTopic('rows', counted).pipeInput('a', 3);
  expect(driver.createOutputTopic('out', counted).readValuesToList()).toEqual([1, 2]);
  expect(driver.getKeyValueStore('rows')?.get('a')).toBe(3);
  await driver.close();
});

test('a closed driver takes nothing more, and can be closed again; what it wrote can be read', async () => {
  const driver = await TopologyTestDriver.open(topology());
  const lines = driver.createInputTopic('lines', text);
  await lines.pipeInput(null, 'a');
  await driver.close();
  await driver.close();
  const calls = [() => lines.pipeInput(null, 'b'), () => driver.advanceWallClockTime(1), () => driver.commit()];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'MR_TEST_DRIVER_CLOSED' });
  expect(driver.createOutputTopic('counts', counted).readValuesToList()).toEqual([1]);
});
