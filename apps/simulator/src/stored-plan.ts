/**
 * Plans in files. A seed means another plan as soon as plans are drawn otherwise; a plan in a file stays what it was, with its faults, its times
 * and its settings. Those of runs that once failed are in `testdata/plans` and stay for ever.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawPlan, type Plan } from './plan.ts';
import type { Subject } from './subject.ts';
import { subjects } from './subjects.ts';

/** A plan and what it found when it failed. */
export interface StoredPlan {
  readonly found: string;
  /** Whose plan it is, where it is not the main job's. */
  readonly subject?: string | undefined;
  readonly plan: Plan;
}

/** Undefined: the main job. */
export function subjectOf({ subject }: Partial<StoredPlan>): Subject | undefined {
  return subjects.find(({ name }) => name === subject);
}

/** Plans that once failed. */
export const plansDirectory = path.join(import.meta.dirname, 'testdata/plans');

/** A feeder without transactions has no share of aborted ones: JSON leaves that out. */
const optional: readonly string[] = ['feedAbortShare'] satisfies (keyof Plan)[];

/** The text of a file, or what is wrong with it: a plan of older days lacks what plans have got since, and would run as another one. */
export function parseStoredPlan(text: string): StoredPlan | string {
  let stored: Partial<StoredPlan>;
  try {
    stored = JSON.parse(text) as Partial<StoredPlan>;
  } catch (error) {
    return `is no JSON: ${(error as Error).message}`;
  }
  const { found, subject, plan } = stored;
  if (typeof found !== 'string' || typeof plan !== 'object' || plan === null) return 'has no "found" and "plan"';
  if (subject !== undefined && subjectOf(stored) === undefined) return `is of ${subject}, which is no subject`;
  const known = Object.keys(drawPlan(1));
  const missing = known.filter((name) => !(name in plan) && !optional.includes(name));
  const unknown = Object.keys(plan).filter((name) => !known.includes(name));
  if (missing.length > 0) return `lacks ${missing.join(', ')}: write what the run had then`;
  return unknown.length > 0 ? `has ${unknown.join(', ')}, which no plan has any more` : (stored as StoredPlan);
}

/** Throws what is wrong with the file. */
export function readStoredPlan(file: string): StoredPlan {
  const stored = parseStoredPlan(readFileSync(file, 'utf8'));
  if (typeof stored === 'string') throw new SyntaxError(`The plan in ${file} ${stored}.`);
  return stored;
}

export function writeStoredPlan(file: string, stored: StoredPlan): void {
  writeFileSync(file, `${JSON.stringify(stored, undefined, 2)}\n`);
}

/** Every plan that once failed, by the name of its file. */
export function storedPlans(): readonly (StoredPlan & { readonly name: string })[] {
  const names = readdirSync(plansDirectory).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => ({ name, ...readStoredPlan(path.join(plansDirectory, name)) }));
}
