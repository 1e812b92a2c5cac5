import { expect, test } from '@jest/globals';
import { drawPlan } from './plan.ts';

test('drawPlan gives the same plan for a seed, as plain data, and every kind of fault over the seeds', () => {
  const plans = Array.from({ length: 200 }, (_, seed) => drawPlan(seed));
  expect(drawPlan(7)).toEqual(plans[7]);
  expect(JSON.parse(JSON.stringify(plans))).toEqual(plans);
  const types = new Set(plans.flatMap(({ faults }) => faults.map(({ type }) => type)));
  expect([...types].sort()).toEqual(['brokerRestart', 'crash', 'cut', 'pause', 'reset', 'stop']);
  expect(plans.some(({ faults }) => faults.length === 0)).toBe(true);
});
