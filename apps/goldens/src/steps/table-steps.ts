/** Steps of tables. */
import type { KTable } from '@millrace/dsl';
import type { Steps } from '../build-case.ts';
import { serdeOptions } from '../case-serdes.ts';
import { materialized } from './materialized.ts';
import { notYet, optionsOf } from './step-options.ts';
import { consumed, type AnyStream } from './stream-steps.ts';

export type AnyTable = KTable<unknown, unknown>;

export const tableSteps: Steps = {
  table: (step, { builder, set }) => {
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step), ...consumed(step) };
    set(step.out, builder.table(String(step['topic']), options, materialized(step['mat'])));
  },
  toStream: (step, { get, set }) => {
    notYet(step, ['fn']);
    set(step.out, (get(step.in) as AnyTable).toStream(optionsOf(step, ['name'])));
  },
  toTable: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyStream).toTable(materialized(step['mat']), optionsOf(step, ['name'])));
  },
};
