import { expect, test } from '@jest/globals';
import type { Header } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { memoryEngines } from '@millrace/store-memory';
import { KeyValueStore, recordContext, stateMemory, type RecordContext, type StateMemory } from './index.ts';

type Forwarded = readonly [key: unknown, value: unknown, headers: readonly Header[] | undefined];

interface Watched {
  readonly store: KeyValueStore;
  readonly context: RecordContext;
  readonly memory: StateMemory;
  /** What was forwarded, with the headers that the context had then. */
  readonly forwarded: Forwarded[];
}

async function watched(caching: boolean, memory = stateMemory()): Promise<Watched> {
  const context = recordContext();
  const forwarded: Forwarded[] = [];
  const store = new KeyValueStore({
    id: 1,
    engine: await memoryEngines().open('0_0'),
    keySerde: Serdes.string(),
    valueSerde: Serdes.string(),
    topic: 't',
    caching,
    changelog: undefined,
    memory,
    context,
  });
  store.onUpdate((key, value) => void forwarded.push([key, value, context.headers]), false);
  return { store, context, memory, forwarded };
}

const trace = (id: string): readonly Header[] => [{ key: 'trace', value: Buffer.from(id) }];

/** A record with these headers writes a row. */
function write({ store, context }: Watched, key: string, value: string, headers: readonly Header[] | undefined): void {
  context.headers = headers;
  store.put(store.row(key), value, 1, 1);
}

test('a row that waits is forwarded with the headers of the record that wrote it last', async () => {
  const one = await watched(true);
  write(one, 'a', '1', trace('1'));
  write(one, 'b', '1', undefined);
  write(one, 'a', '2', trace('2'));
  write(one, 'b', '2', trace('3'));
  write(one, 'c', '1', trace('4'));
  write(one, 'c', '2', undefined);
  one.store.flush();
  expect(one.forwarded).toEqual([
    ['a', '2', trace('2')],
    ['b', '2', trace('3')],
    ['c', '2', undefined],
  ]);
});

test('a flush in the middle of a record leaves that record its own headers', async () => {
  const one = await watched(true);
  write(one, 'a', '1', trace('1'));
  one.context.headers = trace('2');
  one.store.flush();
  expect(one.context.headers).toEqual(trace('2'));
  expect(one.forwarded).toEqual([['a', '1', trace('1')]]);
});

test('headers are forgotten with the update that they came with', async () => {
  const one = await watched(true);
  write(one, 'a', '1', trace('1'));
  one.store.flush();
  write(one, 'a', '2', undefined);
  expect(one.memory.recordCache.usedBytes).toBe(one.store.row('a').sizeBytes);
  one.store.flush();
  expect(one.forwarded[1]).toEqual(['a', '2', undefined]);
});

test('a row keeps no part of the batch that its headers came in', async () => {
  const one = await watched(true);
  const batch = Buffer.from('....trace....');
  write(one, 'a', '1', [
    { key: 'id', value: batch.subarray(4, 9) },
    { key: 'none', value: null },
  ]);
  batch.fill('x');
  one.store.flush();
  expect(one.forwarded[0]?.[2]).toEqual([
    { key: 'id', value: Buffer.from('trace') },
    { key: 'none', value: null },
  ]);
});

test('the record cache counts the headers it holds: large ones fill it', async () => {
  const one = await watched(true, stateMemory(10_000));
  write(one, 'a', '1', trace('x'.repeat(4_000)));
  const { recordCache } = one.memory;
  const first = recordCache.usedBytes;
  expect(first).toBeGreaterThan(4_000);
  write(one, 'a', '2', trace('y'));
  expect(first - recordCache.usedBytes).toBe(3_999);
  write(one, 'a', '3', undefined);
  expect(one.forwarded).toEqual([]);
  write(one, 'b', '1', trace('z'.repeat(10_000)));
  expect(one.forwarded.map(([key]) => key)).toEqual(['a', 'b']);
  expect(recordCache.usedBytes).toBe(0);
});

test('without a cache an update is forwarded under its record, as it came', async () => {
  const one = await watched(false);
  const headers = trace('1');
  write(one, 'a', '1', headers);
  expect(one.forwarded[0]?.[2]).toBe(headers);
});
