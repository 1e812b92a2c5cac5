/** Grouping, windows and aggregations. */
import { TimeWindows, type KGroupedStream, type TimeWindowedKStream } from '@millrace/dsl';
import type { Steps } from '../build-case.ts';
import { aggregator, initializer, keyValueFn, reducer } from '../case-functions.ts';
import { serdeOptions } from '../case-serdes.ts';
import { materialized } from './materialized.ts';
import { notYet, optionsOf } from './step-options.ts';
import type { AnyStream } from './stream-steps.ts';

type AnyGrouped = KGroupedStream<unknown, unknown>;
type AnyWindowed = TimeWindowedKStream<unknown, unknown>;
type Window = Readonly<Record<string, number | string>>;

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
  windowedBy: (step, { get, set }) => {
    const window = step['window'] as Window;
    if (window['type'] !== 'tumbling' && window['type'] !== 'hopping') notYet(step, ['window']);
    const windows = TimeWindows.ofSizeAndGrace(Number(window['sizeMs']), Number(window['graceMs'] ?? 0));
    const made = window['type'] === 'hopping' ? windows.advanceBy(Number(window['advanceMs'])) : windows;
    set(step.out, (get(step.in) as AnyGrouped).windowedBy(made));
  },
  emitStrategy: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyWindowed).emitStrategy(step['strategy'] as 'onWindowClose'));
  },
  count: (step, { get, set }) => {
    notYet(step, ['name']);
    const mat = step['mat'];
    const from = get(step.in) as AnyGrouped;
    set(step.out, mat === undefined ? from.count() : from.count(materialized(mat) as never));
  },
  reduce: (step, { get, set }) => {
    notYet(step, ['name', 'sub']);
    set(step.out, (get(step.in) as AnyGrouped).reduce(reducer(String(step['fn'])), materialized(step['mat'])));
  },
  aggregate: (step, { get, set }) => {
    notYet(step, ['name', 'sub', 'merger']);
    const init = initializer(String(step['init']));
    set(
      step.out,
      (get(step.in) as AnyGrouped).aggregate(init, aggregator(String(step['fn'])), materialized(step['mat'])),
    );
  },
};
