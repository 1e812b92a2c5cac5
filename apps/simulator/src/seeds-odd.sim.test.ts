import { expect, test } from '@jest/globals';
import { everySecondSeed, harvest, regressionSeeds, unexercised } from './seeds.ts';

test('every odd seed ends with exactly the results of a batch fold', async () => {
  const found = await harvest(everySecondSeed(1));
  expect(found.failures).toEqual([]);
  expect(unexercised(found)).toEqual([]);
}, 600_000);

test('every seed that once failed stays right', async () => {
  const { failures } = await harvest(regressionSeeds.map(({ seed }) => seed));
  expect(failures).toEqual([]);
}, 600_000);
