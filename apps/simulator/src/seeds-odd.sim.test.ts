import { expect, test } from '@jest/globals';
import { everySecondPlan, harvest, unexercised } from './seeds.ts';
import { storedPlans, subjectOf } from './stored-plan.ts';

test('every odd seed ends with exactly the results of a batch fold', async () => {
  const found = await harvest(everySecondPlan(1));
  expect(found.failures).toEqual([]);
  expect(unexercised(found)).toEqual([]);
}, 600_000);

test.each(storedPlans())('the plan that once failed stays right: $name', async (stored) => {
  expect((await harvest([stored.plan], subjectOf(stored))).failures).toEqual([]);
});
