import { Serdes } from '@millrace/serde';
import type { StateEngine } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import { recordContext } from './record-context.ts';
import { sessions, windowsOfSize, type SpanKind } from './span-kind.ts';
import { SpanStore } from './span-store.ts';
import { stateMemory } from './state-memory.ts';
import type { DrainedChanges } from './task-store.ts';
import { batchOf, type Logged } from './testdata/changelog-batch.ts';

function open(engine: StateEngine, span: SpanKind, retentionMs: number, log: Logged[] = []) {
  let expired = 0;
  const store = new SpanStore({
    id: 1,
    engine,
    keySerde: Serdes.string() as never,
    valueSerde: Serdes.string() as never,
    topic: 'app-s-changelog',
    caching: false,
    changelog: {
      append: (key, value, timestamp) =>
        void log.push({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp }),
    },
    memory: stateMemory(),
    context: recordContext(),
    span,
    retentionMs,
    inMemory: true,
    expired: () => expired++,
  });
  return { store, expired: () => expired };
}

const noChanges = (): DrainedChanges => ({ deleteRanges: [], keys: [], values: [] });

async function drained(store: SpanStore, engine: StateEngine): Promise<void> {
  const changes = noChanges();
  store.drain(changes);
  await engine.write(changes);
}

function put(store: SpanStore, key: string, start: number, end: number, value: string | null): void {
  store.put(store.row(key, { start, end }), value, end, end);
}

const found = (store: SpanStore, key: string, from: number, to: number) =>
  store.find(key, from, to).map((row) => `${row.key.window.start}-${row.key.window.end}=${String(row.value)}`);

describe('SpanStore', () => {
  it('finds the sessions that overlap a span, of one key, in the order of their end', async () => {
    const engine = await memoryEngines().open('0_0');
    const { store } = open(engine, sessions, 1_000_000);
    put(store, 'a', 400_000, 900_000, 'long');
    put(store, 'a', 10, 20, 'first');
    put(store, 'b', 10, 20, 'other');
    put(store, 'a', 30, 40, 'second');
    expect(found(store, 'a', 15, 35)).toEqual(['10-20=first', '30-40=second']);
    expect(found(store, 'a', 500_000, 500_001)).toEqual(['400000-900000=long']);
    expect(found(store, 'a', 41, 399_999)).toEqual([]);
  });

  it('knows after a restart what the engine has, and what was deleted', async () => {
    const engine = await memoryEngines().open('0_0');
    const before = open(engine, sessions, 1_000_000).store;
    put(before, 'a', 10, 20, 'first');
    put(before, 'a', 700_000, 700_000, 'second');
    await drained(before, engine);
    put(before, 'a', 10, 20, null);
    await drained(before, engine);
    const after = open(engine, sessions, 1_000_000).store;
    expect(found(after, 'a', 0, 800_000)).toEqual(['700000-700000=second']);
    expect(after.all()).toHaveLength(1);
  });

  it.each([
    ['sessions', sessions],
    ['windows', windowsOfSize(10)],
  ])('is restored from its changelog: %s', async (_name, span) => {
    const log: Logged[] = [];
    const source = open(await memoryEngines().open('0_0'), span, 1_000_000, log).store;
    put(source, 'a', 10, 20, 'first');
    put(source, 'a', 600_000, 600_010, 'second');
    put(source, 'b', 10, 20, 'other');
    put(source, 'a', 10, 20, null);
    const engine = await memoryEngines().open('0_0');
    const { store } = open(engine, span, 1_000_000);
    for (const part of [log.slice(0, 1), log.slice(1)]) {
      const changes = noChanges();
      await store.restore(batchOf(part, 'app-s-changelog'), changes);
      await engine.write(changes);
    }
    expect(found(store, 'a', 0, 800_000)).toEqual(['600000-600010=second']);
    expect(found(store, 'b', 0, 800_000)).toEqual(['10-20=other']);
  });

  it('reads nothing that has expired, refuses to take it, and deletes it with its segment', async () => {
    const engine = await memoryEngines().open('0_0');
    const { store, expired } = open(engine, windowsOfSize(10), 100);
    put(store, 'a', 10, 20, 'first');
    put(store, 'a', 110, 120, 'second');
    expect(found(store, 'a', 0, 200)).toEqual(['110-120=second']);
    put(store, 'a', 5, 15, 'late');
    expect(expired()).toBe(1);
    put(store, 'a', 300_000, 300_010, 'third');
    await drained(store, engine);
    expect(store.all().map(({ value }) => value)).toEqual(['third']);
  });

  it('gives closed windows in the order of start and key', async () => {
    const engine = await memoryEngines().open('0_0');
    const { store } = open(engine, windowsOfSize(10), 100_000);
    put(store, 'b', 10, 20, 'b10');
    put(store, 'a', 30, 40, 'a30');
    await drained(store, engine);
    put(store, 'a', 10, 20, 'a10');
    put(store, 'c', 50, 60, 'c50');
    expect((await store.closed(0, 40)).map(({ value }) => value)).toEqual(['a10', 'b10', 'a30']);
  });
});
