/** Joins, sessions, suppressed windows and processors under faults: each result exactly once; mistakes in the wiring are caught. */
import { expect, test } from '@jest/globals';
import type { MutantName } from '../mutant.ts';
import { report } from '../report.ts';
import { poisonedRun } from '../seeds.ts';
import { operators } from './operators-subject.ts';

const seedCount = 30;

test('every result comes exactly once', async () => {
  const failures: string[] = [];
  for (let seed = 1; seed <= seedCount; seed++) {
    const outcome = await poisonedRun(operators.plan(seed), { keepTrace: false }, operators);
    if (outcome.violations.length > 0) failures.push(report(outcome, undefined));
  }
  expect(failures).toEqual([]);
}, 600_000);

const mutants: readonly MutantName[] = [
  'offsetTooFar',
  'offsetTooShort',
  'readUncommitted',
  'restoreUncommitted',
  'applyBeforeCommit',
  'tornWrites',
  'lostWrites',
];

test.each(mutants)(
  'a run with the mutant %s has other results',
  async (mutant) => {
    for (let seed = 1; seed <= 40; seed++) {
      const { violations } = await poisonedRun(operators.plan(seed), { keepTrace: false, mutant }, operators);
      if (violations.length > 0) return;
    }
    expect(mutant).toBe('caught by one of forty seeds');
  },
  600_000,
);
