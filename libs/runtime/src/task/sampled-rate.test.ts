import { expect, test } from '@jest/globals';
import { SampledRate } from './sampled-rate.ts';

test('a rate is taken over at least a whole sample, as the JVM library does', () => {
  const rate = new SampledRate();
  expect(rate.perSecond(1_000)).toBe(0);
  rate.record(1, 1_000);
  // What Kafka Streams 4.3.1 gives after 100 ms.
  expect(rate.perSecond(1_100)).toBeCloseTo(0.03322259136212624, 15);
});

test('what lies more than two samples back is forgotten', () => {
  const rate = new SampledRate();
  rate.record(6, 0);
  rate.record(3, 30_000);
  expect(rate.perSecond(45_000)).toBeCloseTo(9 / 45, 15);
  expect(rate.perSecond(75_000)).toBeCloseTo(3 / 45, 15);
  rate.record(1, 100_000);
  expect(rate.perSecond(100_000)).toBeCloseTo(1 / 30, 15);
});
