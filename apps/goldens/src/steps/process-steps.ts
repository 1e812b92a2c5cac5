/** Processors in streams, and their stores. */
import type { KStream, KTable } from '@millrace/dsl';
import type { Steps } from './step.ts';
import { fixedKeyProcessor, processor, valueTransformer } from '../case-processors.ts';
import { serdeOptions } from '../case-serdes.ts';
import type { Step } from '../golden-case.ts';
import { materialized } from './materialized.ts';
import { optionsOf, stringsOf } from './step-options.ts';
import { storeBuilder } from './store-builders.ts';

type AnyStream = KStream<unknown, unknown>;

export const processSteps: Steps = {
  addStateStore: (step, { builder }) => void builder.addStateStore(storeBuilder(step)),
  addGlobalStore: (step, { builder }) => {
    builder.addGlobalStore(storeBuilder(step), String(step['topic']), serdeOptions(step), processor(step));
  },
  process: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyStream).process(processor(step), processOptions(step)));
  },
  processValues: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyStream).processValues(fixedKeyProcessor(step), processOptions(step)));
  },
  transformValues: (step, { get, set }) => {
    const mat = step['mat'] === undefined ? undefined : materialized(step['mat']);
    const from = get(step.in) as KTable<unknown, unknown>;
    set(step.out, from.transformValues(valueTransformer(step), processOptions(step), mat));
  },
};

export function processOptions(step: Step): { readonly name?: string; readonly stores?: readonly string[] } {
  const { stores } = step;
  return { ...optionsOf(step, ['name']), ...(stores === undefined ? {} : { stores: stringsOf(stores) }) };
}
