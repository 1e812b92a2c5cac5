import type { MutantName } from './mutant.ts';
import type { Outcome } from './run-plan.ts';

/** A failed run for its reader: what does not hold, under which plan, the command that shows it again, and the one that keeps its plan. */
export function report(outcome: Outcome, mutant: MutantName | undefined, planFile?: string): string {
  const { subject, plan, violations, virtualMs, events, hash } = outcome;
  const source = planFile === undefined ? `--seed ${plan.seed}` : `--plan ${planFile}`;
  const run = `npm run simulate -- ${subject === undefined ? '' : `--subject ${subject} `}${source}`;
  const withMutant = mutant === undefined ? run : `${run} --mutant ${mutant}`;
  return [
    `seed ${plan.seed} FAILED after ${Math.round(virtualMs)} virtual ms, ${events} events, trace ${hash}`,
    ...violations.slice(0, 6).map(({ check, text }) => `  ${check}: ${text}`),
    `  plan: ${JSON.stringify(plan)}`,
    `  replay: ${withMutant} --trace`,
    ...(planFile === undefined ? [`  keep: ${run} --save apps/simulator/src/testdata/plans/NAME.json`] : []),
  ].join('\n');
}
