/** Grouping, windows and aggregations. */
import { KGroupedStream } from '@millrace/dsl';
import type { Steps } from './step.ts';
import type { Step } from '../golden-case.ts';
import { aggregator, initializer, keyValueFn, reducer } from '../case-functions.ts';
import { serdeOptions } from '../case-serdes.ts';
import { materialized } from './materialized.ts';
import { notYet, optionsOf } from './step-options.ts';
import type { AnyStream } from './stream-steps.ts';

type AnyGrouped = KGroupedStream<unknown, unknown>;

export const aggregationSteps: Steps = {
  groupByKey: (step, { get, set }) => {
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step) };
    set(step.out, (get(step.in) as AnyStream).groupByKey(options));
  },
  groupBy: (step, { get, set }) => {
    notYet(step, ['keyFn']);
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step) };
    set(step.out, (get(step.in) as AnyStream).groupBy(keyValueFn(String(step['fn'])), options));
  },
  count: (step, { get, set }) => {
    const mat = step['mat'];
    const from = get(step.in) as AnyGrouped;
    set(step.out, from.count(mat === undefined ? undefined : (materialized(mat) as never), optionsOf(step, ['name'])));
  },
  reduce: (step, { get, set }) => {
    const fn = reducer(String(step['fn']));
    const from = get(step.in) as AnyGrouped;
    set(step.out, from.reduce(fn, materialized(step['mat']), namedIf(step, from)));
  },
  aggregate: (step, { get, set }) => {
    const init = initializer(String(step['init']));
    const from = get(step.in) as AnyGrouped;
    const fn = aggregator(String(step['fn']));
    set(step.out, from.aggregate(init, fn, materialized(step['mat']), namedIf(step, from)));
  },
};

/** Without windows the library takes a name only together with `Materialized`. */
function namedIf(step: Step, from: AnyGrouped): Record<string, never> {
  return step['mat'] === undefined && from instanceof KGroupedStream ? {} : optionsOf(step, ['name']);
}
