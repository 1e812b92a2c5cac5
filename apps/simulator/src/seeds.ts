/** Runs of many seeds, for the tests: each seed one full simulation under poisoned globals. */
import { poisonAmbient } from '@millrace/testing';
import type { MutantName } from './mutant.ts';
import { drawPlan, type Plan } from './plan.ts';
import { report } from './report.ts';
import { runPlan, type Outcome } from './run-plan.ts';

/** Seeds in `npm test`. */
export const seedCount = 300;

/** Seeds that once failed, each with what it found. They stay for ever. */
export const regressionSeeds: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 50,
    found: 'what a record had changed before its output was refused went to the store when the task was closed',
  },
  {
    seed: 21,
    found: 'a member that was cut off read where others had purged its repartition topic, and ended for good',
  },
  { seed: 30, found: 'transactions v1: a lost answer made InitProducerId call its own producer fenced' },
  {
    seed: 86,
    found: 'a static member came back before it had joined again: what it was to give up stayed with nobody',
  },
  { seed: 94, found: 'a static member was fenced for ever by a coordinator that failed over in the middle of a round' },
];

/** One run in which ambient time and randomness throw. */
export async function poisonedRun(plan: Plan, options: Parameters<typeof runPlan>[1]): Promise<Outcome> {
  const mend = poisonAmbient();
  try {
    return await runPlan(plan, options);
  } finally {
    mend();
  }
}

/** Runs seeds one after another; gives the reports of those that failed, at most three. */
export async function failuresOf(seeds: Iterable<number>): Promise<string[]> {
  const reports: string[] = [];
  for (const seed of seeds) {
    const outcome = await poisonedRun(drawPlan(seed), { keepTrace: false });
    if (outcome.violations.length > 0) reports.push(report(outcome, undefined));
    if (reports.length === 3) break;
  }
  return reports;
}

/** The first seed that catches a mutant, or undefined. */
export async function seedThatCatches(mutant: MutantName, seeds: Iterable<number>): Promise<number | undefined> {
  for (const seed of seeds) {
    const { violations } = await poisonedRun(drawPlan(seed), { keepTrace: false, mutant });
    if (violations.length > 0) return seed;
  }
  return undefined;
}

/** Every second seed of the test's range, beginning with the first or the second: two files, two Jest workers. */
export function* everySecondSeed(first: 1 | 2): Generator<number> {
  for (let seed: number = first; seed <= seedCount; seed += 2) yield seed;
}
