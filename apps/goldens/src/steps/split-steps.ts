/** Splits. */
import type { Branched } from '@millrace/dsl';
import type { StepScope, Steps } from './step.ts';
import { predicate } from '../case-functions.ts';
import { optionsOf } from './step-options.ts';
import type { AnyStream } from './stream-steps.ts';

type Given = Readonly<Record<string, unknown>>;

export const splitSteps: Steps = {
  split: (step, scope) => {
    const split = (scope.get(step.in) as AnyStream).split(optionsOf(step, ['name']));
    for (const branch of step['branches'] as Given[])
      split.branch(predicate(String(branch['pred'])), branched(branch, scope));
    const rest = step['default'] as Given | undefined;
    if (rest === undefined) split.noDefaultBranch();
    else split.defaultBranch(branched(rest, scope));
  },
};

function branched(given: Given, { set }: StepScope): Branched<unknown, unknown> {
  return { ...optionsOf(given, ['name']), consumer: (branch) => set(given['out'], branch) };
}
