import { describe, expect, test } from '@jest/globals';
import { drawPlan, type Plan } from './plan.ts';
import { shrink } from './shrink.ts';

const reset = (atMs: number, worker = 0) => ({ type: 'reset', atMs, worker, requestsArrive: true }) as const;

const plan: Plan = {
  ...drawPlan(1),
  workers: 3,
  partitions: 4,
  posts: 100,
  faults: [1, 2, 3, 4, 5, 6, 7].map((atMs) => reset(atMs)),
};

describe('shrink', () => {
  test('keeps only the faults that the failure needs', async () => {
    const needs = (smaller: Plan): boolean => [2, 5].every((at) => smaller.faults.some(({ atMs }) => atMs === at));
    const { plan: smallest } = await shrink(plan, async (each) => needs(each), 200);
    expect(smallest.faults.map(({ atMs }) => atMs)).toEqual([2, 5]);
    expect([smallest.workers, smallest.partitions, smallest.posts]).toEqual([1, 1, 1]);
  });

  test('gives the plan back when nothing smaller fails, and keeps to its limit of runs', async () => {
    let runs = 0;
    const fails = async (): Promise<boolean> => (runs++, false);
    expect(await shrink(plan, fails, 5)).toEqual({ plan, runs: 5 });
    expect(runs).toBe(5);
  });
});
