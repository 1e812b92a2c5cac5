import type { MutantName } from './mutant.ts';
import type { Outcome } from './run-plan.ts';

/** A failed run for its reader: what does not hold, under which plan, and the command that shows it again. */
export function report(outcome: Outcome, mutant: MutantName | undefined): string {
  const { plan, violations, virtualMs, events, hash } = outcome;
  const replay = `npm run simulate -- --seed ${plan.seed}${mutant === undefined ? '' : ` --mutant ${mutant}`} --trace`;
  return [
    `seed ${plan.seed} FAILED after ${Math.round(virtualMs)} virtual ms, ${events} events, trace ${hash}`,
    ...violations.slice(0, 6).map(({ check, text }) => `  ${check}: ${text}`),
    `  plan: ${JSON.stringify(plan)}`,
    `  replay: ${replay}`,
  ].join('\n');
}
