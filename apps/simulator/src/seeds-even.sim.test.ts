import { expect, test } from '@jest/globals';
import { drawPlan } from './plan.ts';
import { everySecondPlan, harvest, poisonedRun, unexercised } from './seeds.ts';

test('every even seed ends with exactly the results of a batch fold', async () => {
  const found = await harvest(everySecondPlan(2));
  expect(found.failures).toEqual([]);
  expect(unexercised(found)).toEqual([]);
}, 600_000);

test('a seed run twice does the same, byte for byte', async () => {
  for (const seed of [1, 100, 200]) {
    const [first, second] = [
      await poisonedRun(drawPlan(seed), { keepTrace: false }),
      await poisonedRun(drawPlan(seed), { keepTrace: false }),
    ];
    expect({ hash: second.hash, events: second.events }).toEqual({ hash: first.hash, events: first.events });
  }
}, 60_000);
