/** Runs of many seeds, for the tests: each seed one full simulation under poisoned globals. */
import { poisonAmbient } from '@millrace/testing';
import type { MutantName } from './mutant.ts';
import { drawPlan, type Plan } from './plan.ts';
import { report } from './report.ts';
import { runPlan, type Outcome, type RunOptions } from './run-plan.ts';
import { runSubject } from './run-subject.ts';
import type { Subject } from './subject.ts';

/** Seeds in `npm test`. */
export const seedCount = 300;

/** One run, of the main job or of a subject, in which ambient time and randomness throw. */
export async function poisonedRun(plan: Plan, options: RunOptions, subject?: Subject): Promise<Outcome> {
  const mend = poisonAmbient();
  try {
    return subject === undefined ? await runPlan(plan, options) : await runSubject(subject, plan, options);
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

/** Runs plans one after another, of the main job or of a subject, until three have failed. */
export async function harvest(plans: Iterable<Plan>, subject?: Subject): Promise<Harvest> {
  const failures: string[] = [];
  const logged = new Map<string, number>();
  let abortedRecords = 0;
  for (const plan of plans) {
    const outcome = await poisonedRun(plan, { keepTrace: false }, subject);
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

/** The plan of every second seed of the test's range, beginning with the first or the second: two files, two Jest workers. */
export function* everySecondPlan(first: 1 | 2): Generator<Plan> {
  for (let seed: number = first; seed <= seedCount; seed += 2) yield drawPlan(seed);
}
