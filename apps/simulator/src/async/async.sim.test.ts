/** Asynchronous steps under faults: each result once and in its order; an engine that does not wait, or does not keep order, is caught. */
import { expect, test } from '@jest/globals';
import { report } from '../report.ts';
import { poisonedRun } from '../seeds.ts';
import { mistakes } from './async-mistakes.ts';
import { asyncSteps } from './async-subject.ts';

/** Here; `npm run simulate -- --subject async` runs as many as one likes. */
const seeds = Array.from({ length: 5 }, (_, i) => i + 1);

test('every result comes exactly once and in its order', async () => {
  const tally = { calls: 0, failures: 0, silent: 0, refused: 0 };
  const subject = asyncSteps(tally);
  const failures: string[] = [];
  for (const seed of seeds) {
    const outcome = await poisonedRun(subject.plan(seed), { keepTrace: false }, subject);
    if (outcome.violations.length > 0) failures.push(report(outcome, undefined));
  }
  expect(failures).toEqual([]);
  expect(Math.min(...Object.values(tally))).toBeGreaterThan(20);
}, 120_000);

test.each(Object.entries(mistakes))(
  'an engine with the mistake %s has other results',
  async (_name, make) => {
    const subject = asyncSteps({ calls: 0, failures: 0, silent: 0, refused: 0 });
    const mend = make();
    try {
      for (const seed of seeds) {
        const { violations } = await poisonedRun(subject.plan(seed), { keepTrace: false }, subject);
        // By what came of it, not because a worker could not run at all.
        if (violations.some(({ check }) => check.startsWith('async'))) return;
      }
    } finally {
      mend();
    }
    expect(seeds).toBe('enough to catch it');
  },
  120_000,
);
