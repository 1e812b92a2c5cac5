/** All reads that stores have for processors, with the order of their rows as Kafka Streams 4.3.1 has it. What is expected was recorded from it. */
import { expect, test } from '@jest/globals';
import { Stores, Topology } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { StoredPair, WindowedKey } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const windows = { ...strings, retention: 120_000, windowSize: 10 };
const sessions = { ...strings, retention: 120_000 };

async function openDriver(): Promise<TopologyTestDriver> {
  const topology = new Topology()
    .addSource('in', 'in', strings)
    .addProcessor('p', () => ({ process: () => undefined }), { parents: 'in' });
  for (const inMemory of [false, true]) {
    const name = inMemory ? 'memory' : 'disk';
    topology
      .addStateStore(Stores.windowStore({ ...windows, name: `w-${name}`, inMemory }), 'p')
      .addStateStore(Stores.windowStore({ ...windows, name: `d-${name}`, inMemory, retainDuplicates: true }), 'p')
      .addStateStore(Stores.sessionStore({ ...sessions, name: `s-${name}`, inMemory }), 'p')
      .addStateStore(Stores.keyValueStore({ ...strings, name: `k-${name}`, inMemory }), 'p');
  }
  return TopologyTestDriver.open(topology.build());
}

type Row = readonly [number, string] | StoredPair<WindowedKey<string>, string>;

function text(rows: Iterable<Row>): string {
  return [...rows]
    .map(([key, value]) =>
      typeof key === 'number' ? `${key}=${value}` : `${key.key}[${key.window.start},${key.window.end}]=${value}`,
    )
    .join(' ');
}

test.each([
  ['disk', 'a[5,15]=4 b[5,15]=3 c[10,20]=5 a[70000,70010]=2 b[65000,65010]=1'],
  ['memory', 'a[5,15]=4 b[5,15]=3 c[10,20]=5 b[65000,65010]=1 a[70000,70010]=2'],
])('windows on %s', async (where, all) => {
  const driver = await openDriver();
  const store = driver.getWindowStore<string, string>(`w-${where}`);
  if (store === undefined) throw new Error('there is such a store');
  for (const [key, value, start] of [
    ['b', '1', 65_000],
    ['a', '2', 70_000],
    ['b', '3', 5],
    ['a', '4', 5],
    ['c', '5', 10],
  ] as const)
    store.put(key, value, start);
  const rows = all.split(' ');
  const only = (wanted: RegExp): string => rows.filter((row) => wanted.test(row)).join(' ');
  const backwards = (wanted: RegExp): string => only(wanted).split(' ').reverse().join(' ');
  expect(text(store.all())).toBe(all);
  expect(text(store.backwardAll())).toBe(backwards(/./));
  expect(text(store.fetch('a', 'b', 0, 65_000))).toBe('a[5,15]=4 b[5,15]=3 b[65000,65010]=1');
  expect(text(store.fetch(null, 'b', 0, 99_999))).toBe(only(/^[ab]/));
  expect(text(store.backwardFetch('b', null, 0, 99_999))).toBe('b[65000,65010]=1 c[10,20]=5 b[5,15]=3');
  expect(text(store.fetchAll(6, 65_000))).toBe('c[10,20]=5 b[65000,65010]=1');
  expect(text(store.backwardFetchAll(0, 10))).toBe('c[10,20]=5 b[5,15]=3 a[5,15]=4');
  expect(text(store.fetch('b', 0, 99_999))).toBe('5=3 65000=1');
  expect(text(store.fetchRange('b', 0, 99_999))).toBe('5=3 65000=1');
  expect(text(store.backwardFetch('b', 0, 99_999))).toBe('65000=1 5=3');
  expect(store.fetch('b', 5)).toBe('3');
  await driver.close();
});

test.each(['disk', 'memory'])('windows on %s with several rows each', async (where) => {
  const driver = await openDriver();
  const store = driver.getWindowStore<string, string>(`d-${where}`);
  for (const [key, value, start] of [
    ['b', '1', 65_000],
    ['a', '2', 5],
    ['b', '3', 5],
    ['a', '4', 5],
  ] as const)
    store?.put(key, value, start);
  expect(text(store?.all() ?? [])).toBe('a[5,15]=2 a[5,15]=4 b[5,15]=3 b[65000,65010]=1');
  expect(text(store?.backwardAll() ?? [])).toBe('b[65000,65010]=1 b[5,15]=3 a[5,15]=4 a[5,15]=2');
  expect(text(store?.fetch('a', 0, 9) ?? [])).toBe('5=2 5=4');
  await driver.close();
});

test.each([
  ['disk', 'a[0,5]=3 a[2,5]=5 b[3,5]=4 a[0,70000]=2 b[100,65000]=1', 'a[0,5]=3 a[2,5]=5 a[0,70000]=2'],
  ['memory', 'a[2,5]=5 a[0,5]=3 b[3,5]=4 b[100,65000]=1 a[0,70000]=2', 'a[2,5]=5 a[0,5]=3 a[0,70000]=2'],
])('sessions on %s', async (where, all, ofA) => {
  const driver = await openDriver();
  const store = driver.getSessionStore<string, string>(`s-${where}`);
  if (store === undefined) throw new Error('there is such a store');
  for (const [key, value, start, end] of [
    ['b', '1', 100, 65_000],
    ['a', '2', 0, 70_000],
    ['a', '3', 0, 5],
    ['b', '4', 3, 5],
    ['a', '5', 2, 5],
  ] as const)
    store.put({ key, window: { start, end } }, value);
  const reversed = (rows: string): string => rows.split(' ').reverse().join(' ');
  expect(text(store.fetch('a', 'b'))).toBe(all);
  expect(text(store.backwardFetch(null, null))).toBe(reversed(all));
  expect(text(store.findSessions('a', 'b', 5, 2))).toBe(ofA);
  expect(text(store.backwardFindSessions(null, null, 0, 99_999))).toBe(reversed(all));
  expect(text(store.fetch('a'))).toBe(ofA);
  expect(text(store.backwardFetch('a'))).toBe(reversed(ofA));
  expect(text(store.findSessions('a', 5, 0))).toBe('a[0,5]=3 a[0,70000]=2');
  expect(text(store.backwardFindSessions('a', 5, 99_999))).toBe(reversed(ofA));
  // The JVM's store on disk does not know this one.
  expect(text(store.findSessions(5, 65_000))).toBe(all.replace(' a[0,70000]=2', ''));
  await driver.close();
});

test('a session that is removed does not move the time of a store in memory; one that is put as null does', async () => {
  const driver = await openDriver();
  const store = driver.getSessionStore<string, string>('s-memory');
  store?.put({ key: 'b', window: { start: 3, end: 5 } }, '4');
  const later = { key: 'a', window: { start: 200_000, end: 200_000 } };
  store?.remove(later);
  expect(text(store?.fetch('b') ?? [])).toBe('b[3,5]=4');
  store?.put(later, null);
  expect(text(store?.fetch('b') ?? [])).toBe('');
  await driver.close();
});

test.each(['disk', 'memory'])('rows by key on %s', async (where) => {
  const driver = await openDriver();
  const store = driver.getKeyValueStore<string, string>(`k-${where}`);
  store?.put('c', '0');
  store?.putAll([
    ['b', '1'],
    ['bb', '2'],
    ['a', '3'],
    ['c', null],
  ]);
  expect([...(store?.prefixScan('b', Serdes.string()) ?? [])]).toEqual([
    ['b', '1'],
    ['bb', '2'],
  ]);
  expect(store?.approximateNumEntries()).toBe(3);
  await driver.close();
});
