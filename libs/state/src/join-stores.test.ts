import { describe, expect, test } from '@jest/globals';
import type { KeyRange, StateEngine } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { JoinWaitingStore, JoinWindowStore, recordContext, type DrainedChanges } from './index.ts';
import type { HeldStore } from './state-store.ts';
import { batchOf, type Logged } from './testdata/changelog-batch.ts';

/** Rows in the order of their keys. */
class SortedEngine {
  readonly rows = new Map<string, Buffer>();

  get engine(): StateEngine {
    return { scan: (range: KeyRange) => this.#scan(range) } as unknown as StateEngine;
  }

  /** What a task does at a commit. */
  take(store: HeldStore): void {
    const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
    store.drain(changes);
    this.write(changes);
  }

  write({ deleteRanges, keys, values }: DrainedChanges): void {
    for (const range of deleteRanges)
      for (const key of this.rows.keys()) if (isWithin(key, range)) this.rows.delete(key);
    keys.forEach((key, i) => {
      const value = values[i] ?? null;
      if (value === null) this.rows.delete(latin1(key));
      else this.rows.set(latin1(key), Buffer.from(value));
    });
  }

  async *#scan(range: KeyRange): AsyncIterable<readonly (readonly [Buffer, Buffer])[]> {
    const found = [...this.rows].filter(([key]) => isWithin(key, range)).sort(([a], [b]) => (a < b ? -1 : 1));
    yield await Promise.resolve(found.map(([key, value]) => [Buffer.from(key, 'latin1'), value] as const));
  }
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const isWithin = (key: string, { gte, lt }: KeyRange): boolean =>
  (gte === undefined || key >= latin1(gte)) && (lt === undefined || key < latin1(lt));

const nothing = (): DrainedChanges => ({ deleteRanges: [], keys: [], values: [] });

function windowStore({ engine }: SortedEngine, log: Logged[] = [], retentionMs = 100): JoinWindowStore {
  return new JoinWindowStore({
    id: 1,
    engine,
    keySerde: Serdes.string(),
    valueSerde: Serdes.string(),
    topic: 't',
    changelog: { append: (key, value, timestamp) => void log.push({ key, value, timestamp }) },
    context: recordContext(),
    sizeMs: 20,
    retentionMs,
    inMemory: false,
  });
}

const found = (store: JoinWindowStore, key: string, from: number, to: number): unknown[] => {
  const rows = store.rowsOf(key);
  return rows
    .slice(store.firstAt(rows, from))
    .filter(({ timestamp }) => timestamp <= to)
    .map((row) => store.valueOf(row));
};

describe('what a side of a join has kept', () => {
  test('records of a key between two times, in the order of time and then of arrival', () => {
    const store = windowStore(new SortedEngine());
    for (const [key, value, time] of [
      ['a', 'late', 30],
      ['a', 'first', 10],
      ['b', 'other', 10],
      ['a', 'second', 10],
    ] as const)
      store.put(key, value, time);
    expect(found(store, 'a', 10, 30)).toEqual(['first', 'second', 'late']);
    expect(found(store, 'a', 11, 30)).toEqual(['late']);
    expect(found(store, 'a', 0, 9)).toEqual([]);
    expect(found(store, 'c', 0, 99)).toEqual([]);
  });

  test('is there again after a restart, from the engine and from the changelog', async () => {
    const disk = new SortedEngine();
    const log: Logged[] = [];
    const before = windowStore(disk, log);
    before.put('a', '1', 50);
    before.put('a', '0', 40);
    disk.take(before);
    const stored = log.length;
    before.put('a', '2', 50);
    const after = windowStore(disk);
    await after.load();
    expect(found(after, 'a', 0, 99)).toEqual(['0', '1']);
    await after.restore(batchOf(log.slice(stored), 't'), nothing());
    expect(found(after, 'a', 0, 99)).toEqual(['0', '1', '2']);
    after.put('a', '3', 50);
    expect(found(after, 'a', 0, 99)).toEqual(['0', '1', '2', '3']);
  });

  test('a record that is restored twice is there once', async () => {
    const log: Logged[] = [];
    windowStore(new SortedEngine(), log).put('a', '1', 50);
    const store = windowStore(new SortedEngine());
    await store.restore(batchOf([...log, ...log], 't'), nothing());
    expect(found(store, 'a', 0, 99)).toEqual(['1']);
  });

  test('what has expired is neither found nor held, here and in the engine', () => {
    const disk = new SortedEngine();
    const store = windowStore(disk);
    store.put('a', 'old', 10);
    disk.take(store);
    store.put('b', 'new', 10_000_000);
    expect(found(store, 'a', 0, 10_000_000)).toEqual([]);
    disk.take(store);
    expect(store.rowsOf('a')).toEqual([]);
    expect(disk.rows.size).toBe(1);
  });

  test('a record behind the segments is logged, not kept, and told', () => {
    const log: Logged[] = [];
    const store = windowStore(new SortedEngine(), log);
    expect(store.put('a', 'now', 200_000)).toBe(true);
    expect(store.put('a', 'expired', 199_000)).toBe(true);
    expect(store.put('a', 'long expired', 100)).toBe(false);
    expect(found(store, 'a', 0, 200_000)).toEqual(['now']);
    expect(log).toHaveLength(3);
  });
});

describe('what waits for a partner', () => {
  const waitingStore = ({ engine }: SortedEngine, log: Logged[] = []): JoinWaitingStore =>
    new JoinWaitingStore({
      id: 2,
      engine,
      keySerde: Serdes.string(),
      valueSerde: Serdes.string(),
      otherValueSerde: Serdes.long(),
      topic: 't',
      changelog: { append: (key, value, timestamp) => void log.push({ key, value, timestamp }) },
    });
  const contents = (store: JoinWaitingStore): unknown[] =>
    store.rows.flatMap(({ isGone, isLeft, key, values }) => (isGone ? [] : [[isLeft, key, values]]));

  test('goes by time, right before left, key; equal places are one list', () => {
    const store = waitingStore(new SortedEngine());
    store.add(true, 'b', 10, 'x', 10);
    store.add(false, 'c', 10, 7, 10);
    store.add(true, 'a', 10, 'y', 10);
    store.add(true, 'b', 10, 'z', 10);
    store.add(true, 'a', 9, 'w', 10);
    expect(contents(store)).toEqual([
      [true, 'a', ['w']],
      [false, 'c', [7]],
      [true, 'a', ['y']],
      [true, 'b', ['x', 'z']],
    ]);
  });

  test('is there again after a restart; what found its partner meanwhile is not', async () => {
    const disk = new SortedEngine();
    const log: Logged[] = [];
    const before = waitingStore(disk, log);
    before.add(true, 'a', 10, 'x', 10);
    before.add(true, 'a', 10, 'y', 10);
    before.add(false, 'b', 11, 5, 11);
    disk.take(before);
    const stored = log.length;
    before.remove(true, 'a', 10, 12);
    before.remove(true, 'nobody', 10, 12);
    before.add(false, 'b', 11, 6, 12);
    const after = waitingStore(disk);
    await after.load();
    expect(contents(after)).toEqual([
      [true, 'a', ['x', 'y']],
      [false, 'b', [5]],
    ]);
    await after.restore(batchOf(log.slice(stored), 't'), nothing());
    expect(contents(after)).toEqual([[false, 'b', [5, 6]]]);
    expect(log).toHaveLength(5);
  });
});
