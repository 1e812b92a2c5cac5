/** npm run simulate: runs seeds, prints what failed and how to see it again. */
import type { MutantName } from './mutant.ts';
import { parseOptions, type Options } from './options.ts';
import { drawPlan, type Plan } from './plan.ts';
import { report } from './report.ts';
import type { Outcome } from './run-plan.ts';
import { poisonedRun } from './seeds.ts';
import { shrink } from './shrink.ts';
import { readStoredPlan, writeStoredPlan } from './stored-plan.ts';

/** A plan to run, with what it found where it comes from a file. */
interface Job {
  readonly plan: Plan;
  readonly found: string;
}

function* jobs({ seeds, planFile }: Options): Generator<Job> {
  if (planFile !== undefined) yield readStoredPlan(planFile);
  for (const seed of seeds) yield { plan: drawPlan(seed), found: '' };
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
  for (const { plan, found } of jobs(options)) {
    const outcome = await poisonedRun(plan, { mutant, keepTrace: options.trace });
    if (saveTo !== undefined) writeStoredPlan(saveTo, { found: found || foundBy(outcome), plan });
    done++;
    for (const line of outcome.trace) console.log(line);
    abortedRecords += outcome.abortedRecords;
    for (const [name, count] of outcome.logged) logged.set(name, (logged.get(name) ?? 0) + count);
    if (outcome.violations.length > 0) {
      failed++;
      console.log(report(outcome, mutant, planFile));
      if (options.shrink) await printSmaller(outcome, mutant);
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

async function printSmaller(outcome: Outcome, mutant: MutantName | undefined): Promise<void> {
  const fails = async (plan: Plan): Promise<boolean> =>
    (await poisonedRun(plan, { mutant, keepTrace: false })).violations.length > 0;
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
