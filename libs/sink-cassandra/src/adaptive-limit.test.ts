import { expect, test } from '@jest/globals';
import { AdaptiveLimit } from './adaptive-limit.ts';

test('no more places are taken than the limit, and those who wait get them in order', async () => {
  const limit = new AdaptiveLimit(2);
  const order: string[] = [];
  expect([limit.take(), limit.take()]).toEqual([undefined, undefined]);
  const waiting = ['first', 'second'].map(async (name) => {
    await limit.take();
    order.push(name);
  });
  expect(limit.inFlight).toBe(2);
  limit.release();
  limit.release();
  await Promise.all(waiting);
  expect(order).toEqual(['first', 'second']);
  expect(limit.inFlight).toBe(2);
});

test('it halves when the server is overloaded, down to one, and grows back by one a round', () => {
  const limit = new AdaptiveLimit(8);
  limit.shrink();
  expect(limit.limit).toBe(4);
  for (let i = 0; i < 5; i++) limit.grow();
  expect(limit.limit).toBe(5);
  for (let i = 0; i < 10; i++) limit.shrink();
  expect(limit.limit).toBe(1);
  for (let i = 0; i < 1_000; i++) limit.grow();
  expect(limit.limit).toBe(8);
});

test('places given back above a lowered limit are not given out', () => {
  const limit = new AdaptiveLimit(4);
  for (let i = 0; i < 4; i++) void limit.take();
  let given = false;
  void limit.take()?.then(() => (given = true));
  limit.shrink();
  limit.release();
  limit.release();
  expect([limit.inFlight, given]).toEqual([2, false]);
  limit.release();
  expect(limit.inFlight).toBe(2);
});
