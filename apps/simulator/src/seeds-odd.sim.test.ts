import { expect, test } from '@jest/globals';
import { everySecondSeed, failuresOf, regressionSeeds } from './seeds.ts';

test('every odd seed ends with exactly the results of a batch fold', async () => {
  expect(await failuresOf(everySecondSeed(1))).toEqual([]);
}, 600_000);

test('every seed that once failed stays right', async () => {
  expect(await failuresOf(regressionSeeds.map(({ seed }) => seed))).toEqual([]);
}, 600_000);
