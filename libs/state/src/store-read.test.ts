import { describe, expect, test } from '@jest/globals';
import { seededRandom, type Random } from '@millrace/base';
import type { StateEngine } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { freshMemoryEngine } from '@millrace/store-memory';
import {
  JoinWindowStore,
  KeyValueStore,
  recordContext,
  sessions,
  SpanStore,
  stateMemory,
  windowsOfSize,
  WindowStore,
  type DrainedChanges,
  type IsolationLevel,
  type ReadableStore,
  type StateStore,
  type StoreRead,
} from './index.ts';

/** A row of the model: a key, its span and what is in it. */
interface Row {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** A kind of store with the little that the test must know of it. */
interface Kind {
  readonly store: StateStore & ReadableStore;
  /** Makes a span out of two numbers. */
  span(a: number, b: number): { readonly start: number; readonly end: number };
  put(row: Omit<Row, 'value'>, value: string | null): void;
  /** The order of rows of several keys. */
  order(row: Row): readonly (number | string)[];
}

const size = 10;
const retentionMs = 100_000;
const keys = ['a', 'aa', 'ab', 'b', 'c', 'ca', 'd'];

function options(engine: StateEngine, caching: boolean) {
  const serde = Serdes.string() as never;
  // No room for rows that are not needed: each write to the engine forgets some.
  const memory = stateMemory(undefined, 1);
  const context = recordContext();
  return {
    id: 1,
    engine,
    keySerde: serde,
    valueSerde: serde,
    topic: 't',
    caching,
    changelog: undefined,
    memory,
    context,
  };
}

const kinds: Readonly<Record<string, (engine: StateEngine, caching: boolean) => Kind>> = {
  'key-value': (engine, caching) => {
    const store = new KeyValueStore(options(engine, caching));
    return {
      store,
      span: () => ({ start: -1, end: -1 }),
      put: ({ key }, value) => store.put(store.row(key), value, 5, 5),
      order: ({ key }) => [key],
    };
  },
  window: (engine, caching) => {
    const store = new WindowStore({ ...options(engine, caching), sizeMs: size, retentionMs });
    return {
      store,
      span: (a) => ({ start: a * size, end: (a + 1) * size }),
      put: ({ key, start }, value) => store.put(store.row(key, start), value, start, start),
      order: ({ key, start }) => [start, key],
    };
  },
  'sliding window': (engine, caching) => {
    const span = windowsOfSize(size);
    const store = new SpanStore({
      ...options(engine, caching),
      span,
      retentionMs,
      inMemory: false,
      expired: () => undefined,
    });
    return {
      store,
      span: (a, b) => ({ start: a * 4_000 + b, end: a * 4_000 + b + size }),
      put: ({ key, start, end }, value) => store.put(store.row(key, { start, end }), value, start, start),
      order: ({ key, start }) => [Math.floor(start / 60_000), key, start],
    };
  },
  session: (engine, caching) => {
    const store = new SpanStore({
      ...options(engine, caching),
      span: sessions,
      retentionMs,
      inMemory: false,
      expired: () => undefined,
    });
    return {
      store,
      span: (a, b) => ({ start: a * 4_000, end: a * 4_000 + b * 1_000 }),
      put: ({ key, start, end }, value) => store.put(store.row(key, { start, end }), value, end, end),
      order: ({ key, start, end }) => [Math.floor(end / 60_000), key, end, start],
    };
  },
};

/** A store with its model: rows as processed, and as the engine has them. */
class Modelled {
  readonly kind: Kind;
  readonly #random: Random;
  readonly #engine = freshMemoryEngine();
  readonly live = new Map<string, Row>();
  committed: ReadonlyMap<string, Row> = new Map();
  #values = 0;

  constructor(kind: (engine: StateEngine, caching: boolean) => Kind, random: Random) {
    this.#random = random;
    this.kind = kind(this.#engine, random.int(2) === 1);
  }

  change(): void {
    const span = this.kind.span(this.#random.int(20), this.#random.int(4));
    const key = keys[this.#random.int(keys.length)] as string;
    const name = `${key} ${span.start} ${span.end}`;
    const value = this.#random.int(4) === 0 ? null : `v${this.#values++}`;
    this.kind.put({ key, ...span }, value);
    if (value === null) this.live.delete(name);
    else this.live.set(name, { key, ...span, value });
  }

  /** Begins to write what is committed; `finish` ends it. */
  commit(): () => Promise<void> {
    this.kind.store.flush();
    const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
    this.kind.store.drain(changes);
    const after = new Map(this.live);
    return async () => {
      await this.#engine.write(changes);
      this.committed = after;
      this.kind.store.trim();
    };
  }

  async read(read: StoreRead, isolation: IsolationLevel): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const chunk of this.kind.store.read(read, isolation))
      for (const { key, value, start, end } of chunk)
        rows.push({ key: String(Buffer.from(key)), start, end, value: String(Buffer.from(value)) });
    return rows;
  }

  expected(isolation: IsolationLevel, wanted: (row: Row) => boolean, reverse = false): Row[] {
    const rows = [...(isolation === 'read_committed' ? this.committed : this.live).values()].filter(wanted);
    const sorted = rows.sort((a, b) => compare(this.kind.order(a), this.kind.order(b)));
    return reverse ? sorted.reverse() : sorted;
  }
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at < 0 ? 0 : (a[at] as number | string) < (b[at] as number | string) ? -1 : 1;
}

const bytes = (text: string): Buffer => Buffer.from(text);

/** Every kind of read that a store takes, at random bounds, against the model. */
async function expectReads(stored: Modelled, random: Random, isSpan: boolean): Promise<void> {
  const key = keys[random.int(keys.length)] as string;
  const [fromKey, toKey] = [key, keys[random.int(keys.length)] as string].sort() as [string, string];
  const from = random.int(100_000);
  const to = from + random.int(100_000);
  const isSession = stored.kind.span(1, 1).end - stored.kind.span(1, 1).start !== size;
  const within = ({ start, end }: Row): boolean =>
    isSession ? end >= from && start <= to : start >= from && start <= to;
  const inKeys = (row: Row): boolean => row.key >= fromKey && row.key <= toKey;
  for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
    for (const reverse of [false, true]) {
      const bounds = { fromKey: bytes(fromKey), toKey: bytes(toKey), reverse };
      if (isSpan) {
        const one = { fromKey: bytes(key), toKey: bytes(key), from, to, reverse };
        expect(await stored.read({ type: 'windows', ...one }, isolation)).toEqual(
          stored.expected(isolation, (row) => row.key === key && within(row), reverse),
        );
        expect(await stored.read({ type: 'windows', ...bounds, from, to }, isolation)).toEqual(
          stored.expected(isolation, (row) => inKeys(row) && within(row), reverse),
        );
        const all = { type: 'windows', from: 0, to: Number.MAX_SAFE_INTEGER, reverse } as const;
        expect(await stored.read(all, isolation)).toEqual(stored.expected(isolation, () => true, reverse));
        continue;
      }
      expect(await stored.read({ type: 'keys', ...bounds }, isolation)).toEqual(
        stored.expected(isolation, inKeys, reverse),
      );
      expect(await stored.read({ type: 'keys', reverse }, isolation)).toEqual(
        stored.expected(isolation, () => true, reverse),
      );
      expect(await stored.read({ type: 'prefix', prefix: bytes(key), reverse }, isolation)).toEqual(
        stored.expected(isolation, (row) => row.key.startsWith(key), reverse),
      );
    }
    if (isSpan) continue;
    expect(await stored.read({ type: 'key', key: bytes(key) }, isolation)).toEqual(
      stored.expected(isolation, (row) => row.key === key),
    );
  }
}

describe.each(Object.keys(kinds))('a %s store, read from beside its task', (name) => {
  test.each([1, 2, 3, 4])('shows what is processed or what is committed, at any moment (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const stored = new Modelled(kinds[name] as (typeof kinds)[string], random);
    for (let round = 0; round < 30; round++) {
      for (let i = random.int(12); i > 0; i--) stored.change();
      await expectReads(stored, random, name !== 'key-value');
      if (random.int(3) > 0) continue;
      const finish = stored.commit();
      await expectReads(stored, random, name !== 'key-value');
      await finish();
    }
  });

  test('gives a row that changes during a read as it is then, and leaves out one that is gone', async () => {
    const stored = new Modelled(kinds[name] as (typeof kinds)[string], seededRandom(7));
    const span = stored.kind.span(1, 1);
    stored.kind.put({ key: 'a', ...span }, 'before');
    stored.kind.put({ key: 'b', ...span }, 'deleted');
    const all: StoreRead =
      name === 'key-value'
        ? { type: 'keys', reverse: false }
        : { type: 'windows', from: 0, to: Number.MAX_SAFE_INTEGER, reverse: false };
    const reading = stored.read(all, 'read_uncommitted');
    stored.kind.put({ key: 'a', ...span }, 'after');
    stored.kind.put({ key: 'b', ...span }, null);
    expect(await reading).toEqual([{ key: 'a', ...span, value: 'after' }]);
  });
});

test('a window store with duplicates is read in the order of time and arrival, also what is on its way to the engine', async () => {
  const engine = freshMemoryEngine();
  const store = new JoinWindowStore({ ...options(engine, false), sizeMs: size, retentionMs, inMemory: false });
  const read = async (given: Partial<Extract<StoreRead, { type: 'windows' }>>, isolation: IsolationLevel) => {
    const found: string[] = [];
    const asked = { type: 'windows', from: 0, to: Number.MAX_SAFE_INTEGER, reverse: false, ...given } as const;
    for await (const chunk of store.read(asked, isolation))
      found.push(...chunk.map(({ key, start, value }) => `${key} ${start} ${value}`));
    return found;
  };
  store.put('a', '1', 100);
  store.put('b', '2', 50);
  store.put('a', '3', 100);
  const all = ['b 50 2', 'a 100 1', 'a 100 3'];
  expect(await read({}, 'read_uncommitted')).toEqual(all);
  expect(await read({}, 'read_committed')).toEqual([]);
  const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
  store.drain(changes);
  expect(await read({}, 'read_uncommitted')).toEqual(all);
  await engine.write(changes);
  store.trim();
  expect(await read({ reverse: true }, 'read_committed')).toEqual([...all].reverse());
  expect(await read({ fromKey: bytes('a'), toKey: bytes('a'), from: 100, to: 100 }, 'read_uncommitted')).toEqual(
    all.slice(1),
  );
});

test('looking at rows keeps none of them in memory', async () => {
  const engine = freshMemoryEngine();
  const { memory, ...rest } = options(engine, false);
  const store = new KeyValueStore({ ...rest, memory });
  store.put(store.row('a'), '1', 5, 5);
  const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
  store.drain(changes);
  await engine.write(changes);
  store.trim();
  store.trim();
  expect(memory.resident.usedBytes).toBe(0);
  for await (const rows of store.read({ type: 'key', key: bytes('a') }, 'read_uncommitted'))
    expect(rows).toHaveLength(1);
  expect(memory.resident.usedBytes).toBe(0);
});
