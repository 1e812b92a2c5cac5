import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { stateMemory } from '@millrace/state';
import { freshMemoryEngine, memoryEngines } from '@millrace/store-memory';
import type { Program } from '@millrace/topology';
import { batch, commit, drain, logged, run, type TestRecord } from '../testdata/task-harness.ts';

function counting(logging = true): Program {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in').groupByKey().count({ name: 'c', logging }).toStream().to('out');
  return builder.build();
}

/** Windows of a minute kept for two: segments of a minute. */
function windowed(): Program {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace('1m', 0))
    .count({ name: 'w', retention: '2m' });
  return builder.build();
}

const minute = 60_000;

async function rowsOf(engines: ReturnType<typeof memoryEngines>): Promise<number> {
  const engine = await engines.open('0_0');
  let count = 0;
  // Number 0 is the task's own.
  for await (const rows of engine.scan({ gte: Buffer.from([0, 1]) })) count += rows.length;
  return count;
}

/** A table in memory and a table on disk in one task. */
function halfInMemory(): Program {
  const builder = new StreamsBuilder();
  const words = builder.stream<string, string>('in').groupByKey();
  words.count({ name: 'volatile', inMemory: true }).toStream().to('out-volatile');
  words.count({ name: 'kept' }).toStream().to('out-kept');
  return builder.build();
}

test('a store that is kept in memory leaves nothing on the disk: it is restored from its changelog, all of it', async () => {
  const engines = memoryEngines();
  const { task, written } = await run(halfInMemory(), { engines, task: { memoryEngine: freshMemoryEngine } });
  task.accept(
    batch(
      'in',
      0,
      [...'abca'].map((key): TestRecord => [key, 'x', 1]),
    ),
  );
  await drain(task);
  await commit(task);
  await task.close();
  const stores = new Set<number | undefined>();
  for await (const rows of (await engines.open('0_0')).scan({ gte: Buffer.from([0, 1]) }))
    for (const [key] of rows) stores.add(key[1]);
  expect(stores.size).toBe(1);

  const again = await run(halfInMemory(), { engines, task: { memoryEngine: freshMemoryEngine } });
  const topic = 'app-volatile-changelog';
  expect(again.task.changelogs()).toMatchObject([
    { topic, offset: -1, inMemory: true },
    { topic: 'app-kept-changelog', offset: 3 },
  ]);
  await again.task.restore(logged(written, topic));
  again.task.accept(batch('in', 4, [['a', 'x', 1]]));
  await drain(again.task);
  await commit(again.task);
  const counted = again.written
    .filter((one) => one.topic.startsWith('out-'))
    .map((one) => [one.topic, Number(`0x${one.value}`)]);
  expect(counted.sort()).toEqual([
    ['out-kept', 3],
    ['out-volatile', 3],
  ]);
  await again.task.close();
});

test('a full record cache forwards before the commit, in the order of the last write', async () => {
  const { task, written, memory } = await run(counting(), { memory: stateMemory(1_800) });
  const keys = ['a', 'b', 'c', 'a', 'd', 'e'];
  task.accept(
    batch(
      'in',
      0,
      keys.map((key): TestRecord => [key, 'x', 1]),
    ),
  );
  await drain(task);
  const out = (): string[] => written.filter(({ topic }) => topic === 'out').map(({ key }) => key);
  expect(out()).toEqual(['b', 'c', 'a', 'd']);
  await commit(task);
  expect(out()).toEqual(['b', 'c', 'a', 'd', 'e']);
  expect(memory.recordCache.usedBytes).toBe(0);
});

test('rows not used lately leave the memory, and come back with their values', async () => {
  const { task, written, memory, clock } = await run(counting(), { memory: stateMemory(undefined, 30_000) });
  for (let round = 0; round < 10; round++) {
    const records = Array.from({ length: 100 }, (_, i): TestRecord => [`k${round * 50 + i}`, 'x', 1]);
    task.accept(batch('in', round * 100, records));
    await drain(task);
    clock.timeMs += 1_000;
    await commit(task);
    expect(memory.resident.usedBytes).toBeLessThan(30_000 + 100 * 600);
  }
  const last = new Map(
    written.filter(({ topic }) => topic === 'out').map(({ key, value }) => [key, Number(`0x${value}`)]),
  );
  expect(last.get('k0')).toBe(1);
  expect([...last.values()].filter((count) => count === 2)).toHaveLength(450);
  await task.close();
  expect(memory.resident.usedBytes).toBe(0);
});

test('windows past their retention leave the engine and the memory, a segment at a time', async () => {
  const engines = memoryEngines();
  const { task, memory, clock } = await run(windowed(), { engines });
  const used: number[] = [];
  const kept: number[] = [];
  for (let i = 0; i < 6; i++) {
    task.accept(batch('in', i, [['k', 'x', i * minute]]));
    await drain(task);
    clock.timeMs += 1_000;
    await commit(task);
    kept.push(await rowsOf(engines));
    used.push(memory.resident.usedBytes);
  }
  expect(kept).toEqual([1, 2, 3, 3, 3, 3]);
  expect(used[5]).toBe(used[2]);
});

test('windows past their retention are not restored', async () => {
  const writer = await run(windowed());
  for (let i = 0; i < 6; i++) {
    writer.task.accept(batch('in', i, [['k', 'x', i * minute]]));
    await drain(writer.task);
    await commit(writer.task);
  }
  const engines = memoryEngines();
  const reader = await run(windowed(), { engines });
  await reader.task.restore(logged(writer.written, 'app-w-changelog'));
  expect(await rowsOf(engines)).toBe(3);
});

test('what is committed goes to the engine when a row count or a time is reached, or at the end', async () => {
  const engines = memoryEngines();
  const { task, clock } = await run(counting(), { engines });
  const feed = async (offset: number, passedMs = 0): Promise<void> => {
    task.accept(batch('in', offset, [['a', 'x', 1]]));
    await drain(task);
    clock.timeMs += passedMs;
    await commit(task);
  };
  await feed(0);
  expect(await rowsOf(engines)).toBe(0);
  expect(task.changelogs()).toMatchObject([{ offset: -1 }]);
  await feed(1, 1_000);
  expect(await rowsOf(engines)).toBe(1);
  expect(task.changelogs()).toMatchObject([{ offset: 2 }]);
  await feed(2);
  await task.close();
  const again = await run(counting(), { engines });
  expect(again.task.changelogs()).toMatchObject([{ offset: 3 }]);
});

test('a store without changelog has every commit at once: nothing would bring it back', async () => {
  const engines = memoryEngines();
  const { task } = await run(counting(false), { engines });
  task.accept(batch('in', 0, [['a', 'x', 1]]));
  await drain(task);
  await commit(task);
  expect(await rowsOf(engines)).toBe(1);
});

test('a task that rests writes what it holds back', async () => {
  const engines = memoryEngines();
  const { task, clock } = await run(counting(), { engines });
  task.accept(batch('in', 0, [['a', 'x', 1]]));
  await drain(task);
  await commit(task);
  expect(task.prefetch()).toBeUndefined();
  clock.timeMs += 1_000;
  await task.prefetch();
  expect(await rowsOf(engines)).toBe(1);
});
