/** npm run simulate: runs seeds, prints what failed and how to see it again. */
import { parseArgs } from 'node:util';
import { mutants, type MutantName } from './mutant.ts';
import { drawPlan, type Plan } from './plan.ts';
import { report } from './report.ts';
import type { Outcome } from './run-plan.ts';
import { poisonedRun } from './seeds.ts';
import { shrink } from './shrink.ts';

const usage = `npm run simulate -- [options]     the whole system in virtual time, with faults, from seeds
  --seeds N        how many seeds (default 300)
  --from N         the first seed (default 1)
  --seed N         this seed only
  --trace          print everything that happened (with --seed)
  --mutant NAME    with a mistake in the wiring, to see it caught: ${Object.keys(mutants).join(', ')}
  --no-shrink      do not look for a smaller plan that fails too`;

interface Options {
  readonly seeds: readonly number[];
  readonly trace: boolean;
  readonly shrink: boolean;
  readonly mutant: MutantName | undefined;
}

/** Options of the command line, or the text that says what is wrong with them. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '300' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        trace: { type: 'boolean', default: false },
        mutant: { type: 'string' },
        'no-shrink': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const mutant = values.mutant as MutantName | undefined;
    const [from, count] =
      values.seed === undefined ? [Number(values.from), Number(values.seeds)] : [Number(values.seed), 1];
    if (values.help || !Number.isSafeInteger(from) || !Number.isSafeInteger(count)) return usage;
    if (mutant !== undefined && !(mutant in mutants)) return `There is no mutant '${mutant}'.\n${usage}`;
    return {
      seeds: Array.from({ length: count }, (_, i) => from + i),
      trace: values.trace,
      shrink: !values['no-shrink'],
      mutant,
    };
  } catch (error) {
    return `${(error as Error).message}\n${usage}`;
  }
}

async function simulate({ seeds, mutant, ...options }: Options): Promise<number> {
  const startMs = performance.now();
  let failed = 0;
  let abortedRecords = 0;
  const logged = new Map<string, number>();
  let lastLineMs = startMs;
  for (const [i, seed] of seeds.entries()) {
    const outcome = await poisonedRun(drawPlan(seed), { mutant, keepTrace: options.trace });
    for (const line of outcome.trace) console.log(line);
    abortedRecords += outcome.abortedRecords;
    for (const [name, count] of outcome.logged) logged.set(name, (logged.get(name) ?? 0) + count);
    if (outcome.violations.length > 0) {
      failed++;
      console.log(report(outcome, mutant));
      if (options.shrink) await printSmaller(outcome, mutant);
    }
    if (performance.now() - lastLineMs > 2_000) {
      lastLineMs = performance.now();
      console.log(`${i + 1} of ${seeds.length} seeds, ${failed} failed`);
    }
  }
  for (const [name, count] of [...logged].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(8)}  ${name}`);
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(
    JSON.stringify({ seeds: seeds.length, failed, abortedRecords, seconds: Math.round(seconds * 10) / 10, mutant }),
  );
  return failed;
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
