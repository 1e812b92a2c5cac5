import { expect, test } from '@jest/globals';
import { comparison } from './compare.ts';
import type { RunResult } from './drain.ts';

function run(cpuPerM: number, cpuPerMSecondHalf: number, digest = 'same'): RunResult {
  return { cpuPerM, cpuPerMSecondHalf, wallS: 1, peakRssMB: 100, digest };
}

const w1 = { command: 'W1', exactlyOnce: true, passes: 2 } as const;

test('the least of each side is compared, whole runs and second halves', () => {
  expect(comparison(w1, [run(6, 4), run(5, 4.5)], [run(20, 10), run(16, 12)])).toEqual({
    comparison: 'W1 eos',
    passes: 2,
    millraceCpuPerM: 5,
    jvmCpuPerM: 16,
    ratio: 0.31,
    millraceCpuPerMSecondHalf: 4,
    jvmCpuPerMSecondHalf: 10,
    ratioSecondHalf: 0.4,
    wanted: 0.67,
    reached: true,
    digestsEqual: true,
  });
});

test('W1 must need two thirds of the JVM, W3 as much', () => {
  const slow = [run(9, 9)];
  expect(comparison(w1, slow, [run(10, 10)])).toMatchObject({ ratioSecondHalf: 0.9, reached: false });
  expect(comparison({ ...w1, command: 'W3' }, slow, [run(10, 10)])).toMatchObject({ reached: true });
});

test('one other result is seen', () => {
  expect(comparison(w1, [run(1, 1), run(1, 1, 'other')], [run(1, 1)])).toMatchObject({ digestsEqual: false });
});
