/** Tables in stores that a supplier says: what is forgotten, what is logged, and what time is left. */
import { expect, test } from '@jest/globals';
import { Stores, StreamsBuilder, Topology, TimeWindows, type Materialized } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { KeyValueStore } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

async function tableOf(materialized: Materialized<string, string>) {
  const builder = new StreamsBuilder();
  const grouped = builder.stream('in', strings).groupByKey(strings);
  grouped
    .reduce((before, value) => before + value, materialized)
    .toStream()
    .to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build());
  const input = driver.createInputTopic('in', strings);
  const output = driver.createOutputTopic('out', strings);
  const put = async (key: string, value: string, timestamp = 0): Promise<string[]> => {
    await input.pipeInput(key, value, timestamp);
    return output.readRecordsToList().map((record) => `${record.key}=${record.value}@${record.timestamp}`);
  };
  const logged = (): string[] =>
    driver.produced
      .filter(({ topic }) => topic.endsWith('-changelog'))
      .map(({ key, value }) => `${key?.toString()}=${value?.toString()}`);
  const rows = (): unknown[] => driver.storeEntries('s').map(({ key, value, timestamp }) => [key, value, timestamp]);
  return { driver, put, logged, rows };
}

test('a table keeps the rows used last; those that go are told to nobody', async () => {
  const { driver, put, logged, rows } = await tableOf({ ...Stores.lruMap('s', 2), caching: false });
  expect([await put('a', '1'), await put('b', '1'), await put('a', '2')]).toEqual([['a=1@0'], ['b=1@0'], ['a=12@0']]);
  // b is the one used longest ago.
  expect([await put('c', '1'), await put('a', '3'), await put('b', '2')]).toEqual([['c=1@0'], ['a=123@0'], ['b=2@0']]);
  expect(rows()).toEqual([
    ['a', '123', 0],
    ['b', '2', 0],
  ]);
  expect(logged()).toEqual(['a=1', 'b=1', 'a=12', 'c=1', 'a=123', 'b=2']);
  await driver.close();
});

test('with a record cache a row that has gone is read from there, as long as it is there', async () => {
  const { driver, put, rows } = await tableOf(Stores.lruMap('s', 1));
  for (const key of ['a', 'b']) await put(key, '1');
  expect(rows()).toEqual([
    ['a', '1', 0],
    ['b', '1', 0],
  ]);
  expect(await put('a', '2')).toEqual(['a=12@0']);
  await driver.close();
});

test('a plain store of a processor logs what goes, before what came', async () => {
  const store = Stores.keyValueStore({ ...Stores.lruMap('s', 1), ...strings });
  const topology = new Topology().addSource('in', 'in', strings).addProcessor(
    'p',
    () => {
      let rows: KeyValueStore<string, string>;
      return {
        init: (context) => void (rows = context.getStateStore(store)),
        process: ({ key, value }: { key: string; value: string | null }) => rows.put(key, value),
      };
    },
    { parents: 'in' },
  );
  const driver = await TopologyTestDriver.open(topology.addStateStore(store, 'p').build());
  const input = driver.createInputTopic('in', strings);
  for (const [i, key] of ['a', 'b', 'b', 'a'].entries()) await input.pipeInput(key, 'x', i);
  const logged = driver.produced.map(({ key, value, timestamp }) => [key?.toString(), value?.toString(), timestamp]);
  expect(logged).toEqual([
    ['a', 'x', 0],
    ['a', undefined, 1],
    ['b', 'x', 1],
    ['b', 'x', 2],
    ['b', undefined, 3],
    ['a', 'x', 3],
  ]);
  await driver.close();
});

test('a plain store on disk loses the time of its rows, one in memory does not', async () => {
  const plain = await tableOf({ ...Stores.persistentKeyValueStore('s'), caching: false });
  expect([await plain.put('a', '1', 9), await plain.put('a', '2', 3)]).toEqual([['a=1@9'], ['a=12@3']]);
  expect(plain.rows()).toEqual([['a', '12', -1]]);
  const timed = await tableOf({ ...Stores.inMemoryKeyValueStore('s'), caching: false });
  expect([await timed.put('a', '1', 9), await timed.put('a', '2', 3)]).toEqual([['a=1@9'], ['a=12@9']]);
  await plain.driver.close();
  await timed.driver.close();
});

test('the store of windows says how long they are kept', () => {
  const builder = new StreamsBuilder();
  const windowed = builder.stream('in', strings).groupByKey(strings).windowedBy(TimeWindows.ofSizeAndGrace(10, 5));
  windowed.count(Stores.inMemoryWindowStore('w', 12));
  const { stores } = builder.build().topology;
  expect(stores).toMatchObject([
    { name: 'w', persistent: false, window: { sizeMs: 10, retentionMs: 12, changelogRetentionMs: 15 } },
  ]);
});

test('what is no number of rows is refused, and so are windows that are kept by use', () => {
  const refused = expect.objectContaining({ code: 'MR_TOPOLOGY_STORE_KIND' });
  expect(() => new StreamsBuilder().table('t', strings, Stores.lruMap('s', -1))).toThrow(refused);
  const grouped = new StreamsBuilder().stream('in', strings).groupByKey(strings);
  const windows = grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(10));
  // @ts-expect-error windows are not kept by use
  expect(() => windows.count(Stores.lruMap('s', 1))).toThrow(refused);
});
