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

/** What came of many seeds. */
export interface Harvest {
  /** Reports of those that failed, at most three. */
  readonly failures: readonly string[];
  /** Records of aborted transactions in the result topics. */
  readonly abortedRecords: number;
  /** How often workers logged each error code or text. */
  readonly logged: ReadonlyMap<string, number>;
}

/** Runs seeds one after another, until three have failed. */
export async function harvest(seeds: Iterable<number>): Promise<Harvest> {
  const failures: string[] = [];
  const logged = new Map<string, number>();
  let abortedRecords = 0;
  for (const seed of seeds) {
    const outcome = await poisonedRun(drawPlan(seed), { keepTrace: false });
    abortedRecords += outcome.abortedRecords;
    for (const [name, count] of outcome.logged) logged.set(name, (logged.get(name) ?? 0) + count);
    if (outcome.violations.length > 0) failures.push(report(outcome, undefined));
    if (failures.length === 3) break;
  }
  return { failures, abortedRecords, logged };
}

/** What the faults must have set off in half of the test's seeds, and how often at least: else the seeds do not test what they are for. */
const exercised: readonly [name: string, times: number][] = [
  ['MR_CLIENT_GROUP_FENCED', 8],
  ['MR_CLIENT_FENCED', 3],
  ['MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN', 30],
  ['MR_CLIENT_TRANSACTION_ABORTABLE', 5],
  ['The group has thrown this member out; it drops its tasks and rejoins.', 10],
];

/** What was exercised less than it must be. */
export function unexercised({ logged, abortedRecords }: Harvest): string[] {
  const times = (name: string): number => logged.get(name) ?? 0;
  const missed = exercised.filter(([name, least]) => times(name) < least).map(([name]) => `${name}: ${times(name)}`);
  return abortedRecords < 300 ? [...missed, `aborted records: ${abortedRecords}`] : missed;
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
