/** Stores of a topology under test, read and written by its test. What is expected was recorded from Kafka Streams 4.3.1's driver. */
import { expect, test } from '@jest/globals';
import { SessionWindows, SlidingWindows, Stores, StreamsBuilder, TimeWindows, Topology } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

/** A table, a windowed one, and a processor with a plain store. */
async function jvmCase() {
  const builder = new StreamsBuilder();
  const stream = builder.stream('in', strings);
  stream
    .groupByKey(strings)
    .reduce((before, value) => before + value, { name: 'kv' })
    .toStream()
    .to('out', strings);
  stream.groupByKey(strings).windowedBy(TimeWindows.ofSizeAndGrace(10, 5)).count({ name: 'w' });
  const plain = Stores.keyValueStore({ name: 'plain', inMemory: true, ...strings });
  builder.addStateStore(plain);
  stream.process<string, string>(
    () => {
      let put: (key: string, value: string | null) => void;
      return {
        init: (context) => {
          const store = context.getStateStore(plain);
          put = (key, value) => store.put(key, value);
          context.schedule(10, 'wallClock', () => undefined);
        },
        process: ({ key, value }) => put(key, value),
      };
    },
    { stores: [plain] },
  );
  const driver = await TopologyTestDriver.open(builder.build(), { applicationId: 'app', startMs: 1_000 });
  const input = driver.createInputTopic('in', strings);
  const read = (topic: string): string[] =>
    driver
      .createOutputTopic(topic, strings)
      .readRecordsToList()
      .map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`);
  return { driver, input, read };
}

test('what a test puts before the first record is there for it, and goes out with it as in the JVM', async () => {
  const { driver, input, read } = await jvmCase();
  const kv = driver.getTimestampedKeyValueStore<string, string>('kv');
  kv?.put('k', { value: 'pre', timestamp: 3 });
  kv?.put('k2', { value: 'pre2', timestamp: 7 });
  driver.getKeyValueStore('plain')?.put('p', '1');
  driver.getTimestampedWindowStore('w')?.put('k', { value: 5, timestamp: 3 }, 0);
  expect(kv?.get('k')).toEqual({ value: 'pre', timestamp: 3 });
  expect(driver.getKeyValueStore('kv')?.get('k')).toBe('pre');
  expect(driver.getWindowStore('w')?.fetch('k', 0)).toBe(5);
  expect(read('out')).toEqual([]);
  await input.pipeInput('k', 'a', 20);
  await input.pipeInput('k', 'b', 21);
  await input.pipeInput('q', 'b', 2);
  driver.getKeyValueStore('plain')?.put('z', 'after');
  await driver.advanceWallClockTime('100ms');
  expect([...read('out')].sort()).toEqual(['k2=pre2@7', 'k=prea@20', 'k=preab@21', 'q=b@2']);
  expect([...read('app-kv-changelog')].sort()).toEqual(['k2=pre2@7', 'k=prea@20', 'k=preab@21', 'q=b@2']);
  expect(read('app-plain-changelog')).toEqual(['p=1@0', 'k=a@20', 'k=b@21', 'q=b@2', 'z=after@0']);
  expect(read('app-w-changelog').map((line) => line.split('@')[1])).toEqual(['3', '20', '21']);
  await driver.close();
});

test('all stores by name, and none for a name that nobody has declared', async () => {
  const { driver } = await jvmCase();
  expect([...driver.getAllStateStores().keys()].sort()).toEqual(['kv', 'plain', 'w']);
  expect(driver.getAllStateStores().get('plain')?.name).toBe('plain');
  const { getKeyValueStore, getWindowStore, getSessionStore, getVersionedKeyValueStore, getStateStore } =
    TopologyTestDriver.prototype;
  for (const getter of [getKeyValueStore, getWindowStore, getSessionStore, getVersionedKeyValueStore, getStateStore])
    expect(getter.call(driver, 'nope')).toBeUndefined();
  await driver.close();
});

test('a store of another type is refused, by an error that names its getter', async () => {
  const { driver } = await jvmCase();
  const refused = (getter: string) =>
    expect.objectContaining({ code: 'MR_TEST_STORE_TYPE', details: expect.objectContaining({ getter }) as unknown });
  expect(() => driver.getSessionStore('kv')).toThrow(refused('getTimestampedKeyValueStore'));
  expect(() => driver.getTimestampedKeyValueStore('plain')).toThrow(refused('getKeyValueStore'));
  expect(() => driver.getVersionedKeyValueStore('w')).toThrow(refused('getTimestampedWindowStore'));
  expect(() => driver.getStateStore('kv')).toThrow(refused('getTimestampedKeyValueStore'));
  await driver.close();
});

test('sessions and sliding windows can be put before the first record too', async () => {
  const builder = new StreamsBuilder();
  const grouped = builder.stream('in', strings).groupByKey(strings);
  grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(10)).count({ name: 'sessions' });
  grouped.windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace(10)).count({ name: 'sliding' });
  const driver = await TopologyTestDriver.open(builder.build());
  const sessions = driver.getSessionStore<string, number>('sessions');
  const sliding = driver.getTimestampedWindowStore<string, number>('sliding');
  sessions?.put({ key: 'a', window: { start: 0, end: 5 } }, 4);
  sliding?.put('a', { value: 7, timestamp: 12 }, 2);
  await driver.createInputTopic('in', strings).pipeInput('a', 'x', 12);
  expect([...(sessions?.fetch('a') ?? [])]).toEqual([[{ key: 'a', window: { start: 0, end: 12 } }, 5]]);
  expect(sliding?.fetch('a', 2)).toEqual({ value: 8, timestamp: 12 });
  expect(driver.getWindowStore('sliding')?.fetch('a', 2)).toBe(8);
  expect([...(sliding?.all() ?? [])].map(([{ window }]) => window.start)).toEqual([2]);
  await driver.close();
});

test('stores of joins, versioned and global stores', async () => {
  const builder = new StreamsBuilder();
  builder.globalTable('names', strings, { name: 'names' });
  const driver = await TopologyTestDriver.open(builder.build());
  driver.getTimestampedKeyValueStore<string, string>('names')?.put('a', { value: 'Ada', timestamp: 1 });
  expect(driver.getKeyValueStore('names')?.get('a')).toBe('Ada');
  await driver.close();

  const prices = Stores.versionedKeyValueStore({ name: 'prices', versioned: { history: '1h' }, ...strings });
  const topology = new Topology()
    .addSource('in', 'in', strings)
    .addProcessor('p', () => ({ process: () => undefined }), { parents: 'in' })
    .addStateStore(prices, 'p');
  const versioned = await TopologyTestDriver.open(topology.build());
  const store = versioned.getVersionedKeyValueStore<string, string>('prices');
  store?.put('tea', '2', 10);
  store?.put('tea', '3', 20);
  expect(store?.get('tea', 15)).toEqual({ value: '2', timestamp: 10 });
  await versioned.close();
});
