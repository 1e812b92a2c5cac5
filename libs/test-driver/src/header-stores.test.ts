/** Stores whose rows have headers (KIP-1271), as Kafka Streams 4.3.1 was seen to keep, log and restore them. */
import { describe, expect, test } from '@jest/globals';
import { StreamsBuilder, Stores, type StoreBuilder } from '@millrace/dsl';
import { QueryableStoreTypes } from '@millrace/runtime';
import { Serdes } from '@millrace/serde';
import type { ProcessorContext, ProcessorRecord, RecordHeader, ValueTimestampHeaders } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';
import { TopologyTestCluster } from './cluster/topology-test-cluster.ts';

const text = { key: Serdes.string(), value: Serdes.string() };
const header = (key: string, value: string): RecordHeader => ({ key, value: Buffer.from(value) });
const row = (value: string, timestamp: number, ...headers: RecordHeader[]) => ({ value, timestamp, headers });

/** A topology of one processor that does with its store what a test says. */
function driverOf<S>(store: StoreBuilder<S>, steps: ((store: S) => unknown)[], seen: unknown[]) {
  const builder = new StreamsBuilder();
  builder.stream('in', text).process(
    () => {
      let context: ProcessorContext<string, string>;
      return {
        init: (given: ProcessorContext<string, string>) => void (context = given),
        process: () => void seen.push(steps.shift()?.(context.getStateStore(store))),
      };
    },
    { stores: [store] },
  );
  return TopologyTestDriver.open(builder.build(), { applicationId: 'app' });
}

async function run<S>(store: StoreBuilder<S>, ...steps: ((store: S) => unknown)[]) {
  const seen: unknown[] = [];
  const count = steps.length;
  const driver = await driverOf(store, steps, seen);
  const input = driver.createInputTopic('in', text);
  for (let i = 0; i < count; i++) await input.pipeInput('k', 'v', 100 + i, [header('rec', `${i + 1}`)]);
  const logged = driver.produced
    .filter(({ topic }) => topic === 'app-store-changelog')
    .map(({ value, timestamp, headers = [] }) => {
      const told = [...headers].map(({ key, value: bytes }) => `${key}=${String(bytes)}`);
      return [value === null ? null : String(value), timestamp, ...told];
    });
  return { driver, seen, logged };
}

describe.each([
  ['on disk', {}],
  ['in memory', { inMemory: true }],
  ['cached', { caching: true }],
  ['kept by use', { maxEntries: 9 }],
])('rows by key, %s', (_name, options) => {
  const store = Stores.timestampedKeyValueStoreWithHeaders({ name: 'store', ...text, ...options });

  test('have the headers and the time that they were put with; the changelog has them beside the bare value', async () => {
    const { driver, seen, logged } = await run(
      store,
      (rows) => rows.put('k', row('v', 77, header('h', 'a'))),
      (rows) => rows.get('k'),
      (rows) => rows.putIfAbsent('m', row('w', 79, header('h', 'b'), header('h', 'c'))),
      (rows) => rows.putIfAbsent('m', row('other', 1)),
      (rows) => rows.delete('m'),
      (rows) => [...rows.all()],
      (rows) => rows.put('e', row('bare', 78)),
    );
    expect(seen.slice(0, 6)).toEqual([
      undefined,
      row('v', 77, header('h', 'a')),
      null,
      row('w', 79, header('h', 'b'), header('h', 'c')),
      row('w', 79, header('h', 'b'), header('h', 'c')),
      [['k', row('v', 77, header('h', 'a'))]],
    ]);
    expect(logged).toEqual([
      ['v', 77, 'h=a'],
      ['w', 79, 'h=b', 'h=c'],
      // A deletion is that of its record.
      [null, 104, 'rec=5'],
      ['bare', 78],
    ]);
    expect(driver.getTimestampedKeyValueStoreWithHeaders('store')?.get('k')).toEqual(row('v', 77, header('h', 'a')));
    expect(driver.getTimestampedKeyValueStore('store')?.get('k')).toEqual({ value: 'v', timestamp: 77 });
    expect(driver.getKeyValueStore('store')?.get('k')).toBe('v');
    await driver.close();
  });
});

test('what a record does with its headers after they were put is not seen', async () => {
  const store = Stores.timestampedKeyValueStoreWithHeaders({ name: 'store', ...text });
  const headers = [header('h', 'a')];
  const { driver, seen } = await run(
    store,
    (rows) => {
      rows.put('k', { value: 'v', timestamp: 1, headers });
      headers.push(header('late', 'b'));
      headers[0]!.value!.fill(0);
    },
    (rows) => rows.get('k'),
  );
  expect(seen[1]).toEqual(row('v', 1, header('h', 'a')));
  await driver.close();
});

test('windows', async () => {
  const store = Stores.timestampedWindowStoreWithHeaders({
    name: 'store',
    ...text,
    retention: '10m',
    windowSize: '1m',
  });
  const { driver, seen, logged } = await run(
    store,
    (rows) => rows.put('k', row('v', 77, header('h', 'a')), 0),
    (rows) => rows.fetch('k', 0),
    (rows) => [...rows.all()],
    (rows) => rows.put('k', null, 0),
    (rows) => rows.put('k', row('w', 78), 60_000),
  );
  const kept = row('v', 77, header('h', 'a'));
  expect(seen.slice(1, 3)).toEqual([kept, [[{ key: 'k', window: { start: 0, end: 60_000 } }, kept]]]);
  expect(logged).toEqual([
    ['v', 77, 'h=a'],
    [null, 103, 'rec=4'],
    ['w', 78],
  ]);
  expect(driver.getTimestampedWindowStoreWithHeaders('store')?.fetch('k', 60_000)).toEqual(row('w', 78));
  expect(driver.getTimestampedWindowStore('store')?.fetch('k', 60_000)).toEqual({ value: 'w', timestamp: 78 });
  expect(driver.getWindowStore('store')?.fetch('k', 60_000)).toBe('w');
  await driver.close();
});

test('sessions', async () => {
  const store = Stores.sessionStoreWithHeaders({ name: 'store', ...text, retention: '10m' });
  const session = { key: 'k', window: { start: 0, end: 5 } };
  const { driver, seen, logged } = await run(
    store,
    (rows) => rows.put(session, { aggregation: 'v', headers: [header('h', 'a')] }),
    (rows) => rows.fetchSession('k', 0, 5),
    (rows) => [...rows.fetch('k')],
    (rows) => rows.remove(session),
    (rows) => rows.fetchSession('k', 0, 5),
    (rows) => rows.put(session, { aggregation: 'w', headers: [] }),
  );
  const kept = { aggregation: 'v', headers: [header('h', 'a')] };
  expect(seen.slice(1, 5)).toEqual([kept, [[session, kept]], undefined, null]);
  // An aggregate has no time of its own.
  expect(logged).toEqual([
    ['v', 100, 'h=a'],
    [null, 103, 'rec=4'],
    ['w', 105],
  ]);
  expect(driver.getSessionStoreWithHeaders('store')?.fetchSession('k', 0, 5)).toEqual({
    aggregation: 'w',
    headers: [],
  });
  expect(driver.getSessionStore('store')?.fetchSession('k', 0, 5)).toBe('w');
  await driver.close();
});

test.each([
  ['on disk', false],
  ['in memory', true],
])('rows %s are restored with their headers', async (_name, inMemory) => {
  const store = Stores.timestampedKeyValueStoreWithHeaders({ name: 'store', ...text, inMemory });
  const builder = new StreamsBuilder();
  builder
    .stream('in', text)
    .process(
      () => {
        let context: ProcessorContext<string, string>;
        const told = (kept: ValueTimestampHeaders<string> | null): string =>
          kept === null ? 'none' : `${kept.value}@${kept.timestamp} ${kept.headers.map(({ key }) => key).join()}`;
        return {
          init: (given: ProcessorContext<string, string>) => void (context = given),
          process: (record: ProcessorRecord<string, string>) => {
            const rows = context.getStateStore(store);
            context.forward(record.withValue(told(rows.get(record.key))));
            rows.put(record.key, { value: record.value, timestamp: record.timestamp, headers: [...record.headers] });
          },
        };
      },
      { stores: [store] },
    )
    .to('out', text);
  const cluster = await TopologyTestCluster.open(builder.build(), { partitions: 1, instances: 1 });
  const input = cluster.createInputTopic('in', text);
  const output = cluster.createOutputTopic('out', text);
  await input.pipeInput('k', 'v', 7, [header('h', 'a'), header('i', 'b')]);
  await cluster.settle();
  cluster.kill(0, { disk: 'lost' });
  cluster.start(0);
  await input.pipeInput('k', 'w', 8);
  await cluster.settle();
  expect(
    await cluster.ask(0, (streams) => streams.store('store', QueryableStoreTypes.timestampedKeyValue()).get('k')),
  ).toEqual({ value: 'w', timestamp: 8 });
  await input.pipeInput('q', 'x', 9, [header('h', 'a')]);
  await cluster.settle();
  const type = QueryableStoreTypes.timestampedKeyValueWithHeaders<string, string>();
  expect(await cluster.ask(0, (streams) => streams.store('store', type).get('q'))).toEqual(
    row('x', 9, header('h', 'a')),
  );
  expect(output.readRecordsToList().map(({ value }) => value)).toEqual(['none', 'v@7 h,i', 'none']);
  await cluster.close();
});
