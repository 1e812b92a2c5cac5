/** npm run simulate: runs seeds, prints what failed and how to see it again. */
import { parseOptions, type Options } from './options.ts';
import { drawPlan, type Plan } from './plan.ts';
import { report } from './report.ts';
import type { Outcome } from './run-plan.ts';
import { poisonedRun } from './seeds.ts';
import { shrink } from './shrink.ts';
import { readStoredPlan, subjectOf, writeStoredPlan } from './stored-plan.ts';
import type { Subject } from './subject.ts';

/** A plan to run, and whose it is, with what it found where it comes from a file. */
interface Job {
  readonly plan: Plan;
  readonly subject: Subject | undefined;
  readonly found: string;
}

function* jobs({ seeds, subject, planFile }: Options): Generator<Job> {
  if (planFile !== undefined) {
    const stored = readStoredPlan(planFile);
    yield { ...stored, subject: subjectOf(stored) };
  }
  for (const seed of seeds) yield { plan: subject?.plan(seed) ?? drawPlan(seed), subject, found: '' };
}

async function simulate(options: Options): Promise<number> {
  const { mutant, saveTo, planFile } = options;
  const all = options.seeds.length || 1;
  const startMs = performance.now();
  let failed = 0;
  let abortedRecords = 0;
  const logged = new Map<string, number>();
  let lastLineMs = startMs;
  let done = 0;
  for (const { plan, subject, found } of jobs(options)) {
    const outcome = await poisonedRun(plan, { mutant, keepTrace: options.trace }, subject);
    if (saveTo !== undefined)
      writeStoredPlan(saveTo, { found: found || foundBy(outcome), subject: subject?.name, plan });
    done++;
    for (const line of outcome.trace) console.log(line);
    abortedRecords += outcome.abortedRecords;
    for (const [name, count] of outcome.logged) logged.set(name, (logged.get(name) ?? 0) + count);
    if (outcome.violations.length > 0) {
      failed++;
      console.log(report(outcome, mutant, planFile));
      if (options.shrink) await printSmaller(outcome, options, subject);
    }
    if (performance.now() - lastLineMs > 2_000) {
      lastLineMs = performance.now();
      console.log(`${done} of ${all} seeds, ${failed} failed`);
    }
  }
  for (const [name, count] of [...logged].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(8)}  ${name}`);
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(JSON.stringify({ seeds: all, failed, abortedRecords, seconds: Math.round(seconds * 10) / 10, mutant }));
  return failed;
}

/** The first thing that does not hold, for a file; its author says it better. */
function foundBy({ violations: [first] }: Outcome): string {
  return first === undefined ? 'nothing yet' : `${first.check}: ${first.text.split('\n')[0]}`;
}

async function printSmaller(outcome: Outcome, { mutant }: Options, subject: Subject | undefined): Promise<void> {
  const fails = async (plan: Plan): Promise<boolean> =>
    (await poisonedRun(plan, { mutant, keepTrace: false }, subject)).violations.length > 0;
  const { plan, runs } = await shrink(outcome.plan, fails, 60);
  console.log(`a smaller plan that fails too (after ${runs} runs):\n${JSON.stringify(plan)}\n`);
}

const options = parseOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(options);
  process.exitCode = 2;
} else if ((await simulate(options)) > 0) {
  process.exitCode = 1;
}
