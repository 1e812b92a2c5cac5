import { expect, test } from '@jest/globals';
import type { StateEngine } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { KeyValueStore, recordContext, stateMemory, type DrainedChanges, type StateMemory } from './index.ts';

/** An engine whose reads beside the thread are answered when the test says so, as they were when they were asked. */
class SlowEngine {
  readonly rows = new Map<string, Buffer>();
  asked = 0;
  #answer: () => void = () => undefined;

  get engine(): StateEngine {
    return {
      getSync: (key: Buffer) => this.rows.get(key.toString('latin1')),
      getMany: (keys: readonly Buffer[]) => {
        this.asked += keys.length;
        const found = keys.map((key) => this.rows.get(key.toString('latin1')));
        return new Promise((resolve) => (this.#answer = () => resolve(found)));
      },
    } as unknown as StateEngine;
  }

  write({ keys, values }: DrainedChanges): void {
    keys.forEach((key, i) => this.rows.set(Buffer.from(key).toString('latin1'), Buffer.from(values[i] as Uint8Array)));
  }

  answer(): void {
    this.#answer();
  }
}

const keys = (...given: readonly string[]): Parameters<KeyValueStore['readAhead']>[0] => ({
  count: given.length,
  key: (i) => Buffer.from(given[i] ?? ''),
  timestamp: () => 1,
});

/** A store that has missed enough rows to read ahead. */
function storeOn(slow: SlowEngine, memory: StateMemory = stateMemory()): KeyValueStore {
  const store = new KeyValueStore({
    id: 1,
    engine: slow.engine,
    keySerde: Serdes.string(),
    valueSerde: Serdes.long(),
    topic: 't',
    caching: false,
    changelog: undefined,
    memory,
    context: recordContext(),
  });
  for (let i = 0; i < 8; i++) store.row(`missed ${i}`);
  return store;
}

/** Counts a key up and writes it through. */
function countUp(store: KeyValueStore, slow: SlowEngine, key: string): void {
  const row = store.row(key);
  store.put(row, ((row.value as number | null) ?? 0) + 1, 1, 1);
  const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
  store.drain(changes);
  slow.write(changes);
  store.trim();
}

test('rows that are read ahead are there without a further read', async () => {
  const slow = new SlowEngine();
  countUp(storeOn(slow), slow, 'a');
  const store = storeOn(slow);
  const reading = store.readAhead(keys('a', 'b', 'a'));
  expect(slow.asked).toBe(2);
  slow.answer();
  await reading;
  slow.rows.clear();
  expect(store.row('a').value).toBe(1);
  expect(store.row('b').value).toBeNull();
});

test('what was read before a change never hides it, not even when the changed row was forgotten meanwhile', async () => {
  for (const residentMaxBytes of [1_000_000, 0]) {
    const slow = new SlowEngine();
    const store = storeOn(slow, stateMemory(undefined, residentMaxBytes));
    const reading = store.readAhead(keys('a'));
    countUp(store, slow, 'a');
    countUp(store, slow, 'b');
    countUp(store, slow, 'b');
    slow.answer();
    await reading;
    expect(store.row('a').value).toBe(1);
  }
});

test('a store whose rows are all in memory looks no further until rows are missed', () => {
  const slow = new SlowEngine();
  const store = storeOn(slow);
  void store.readAhead(keys('a'));
  countUp(store, slow, 'a');
  void store.readAhead(keys('a'));
  expect(slow.asked).toBe(1);
  void store.readAhead(keys('x'));
  expect(slow.asked).toBe(1);
});
