import { expect, test } from '@jest/globals';
import { silentLogger, type Clock } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { StoredTasks } from '../group/stored-tasks.ts';
import { StateCleaner } from './state-cleaner.ts';

/** A clock whose sleeps end when they are told to. */
function steppedClock(): { clock: Clock; step: () => Promise<void> } {
  let wake: () => void = () => undefined;
  const clock = { sleep: () => new Promise<void>((resolve) => (wake = resolve)) } as unknown as Clock;
  const step = async (): Promise<void> => {
    wake();
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
  };
  return { clock, step };
}

test('only what was in use at neither of two looks is deleted, and opening it waits for that', async () => {
  const engines = memoryEngines();
  for (const name of ['0_0', '0_1', '0_2', 'process']) await (await engines.open(name)).close();
  let endDeletion: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (endDeletion = resolve));
  const slow = { ...engines, destroy: (name: string) => held.then(() => engines.destroy(name)) };
  const inUse = new Set(['0_0', '0_1']);
  const { clock, step } = steppedClock();
  const isInUse = (name: string): boolean => inUse.has(name);
  const cleaner = new StateCleaner({ engines: slow, clock, logger: silentLogger, delayMs: 1, isInUse });
  const stored = new StoredTasks();
  await stored.load(engines);
  const ending = new AbortController();
  const end = cleaner.run(stored, ending.signal);

  inUse.delete('0_1');
  await step();
  expect([...(await engines.list())].sort()).toEqual(['0_0', '0_1', '0_2', 'process']);
  inUse.add('0_1');
  await step();
  const order: string[] = [];
  const opening = cleaner.engines.open('0_2').then(() => order.push('opened'));
  await cleaner.engines.open('0_1').then(() => order.push('another'));
  expect(order).toEqual(['another']);
  endDeletion();
  await opening;
  expect(stored.asRecord()).toEqual({ '0_0': 0, '0_1': 0 });
  ending.abort();
  await step();
  await end;
});
