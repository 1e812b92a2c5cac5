/** Stateless steps of streams, sources and sinks. */
import type { Consumed, KStream } from '@millrace/dsl';
import type { Steps } from './step.ts';
import { flatMapFn, flatMapValuesFn, keyValueFn, predicate } from '../case-functions.ts';
import { serdeOptions } from '../case-serdes.ts';
import { partitionerOption, timestampOf, topicOf } from './sink-options.ts';
import { optionsOf, stringsOf } from './step-options.ts';

export type AnyStream = KStream<unknown, unknown>;

export const streamSteps: Steps = {
  stream: (step, { builder, set }) => {
    const topics = step['topics'] === undefined ? String(step['topic']) : stringsOf(step['topics']);
    set(step.out, builder.stream(topics, { ...optionsOf(step, ['name']), ...serdeOptions(step), ...consumed(step) }));
  },
  filter: (step, { get, set }) => {
    const from = get(step.in) as AnyStream;
    set(step.out, from.filter(predicate(String(step['pred'])), optionsOf(step, ['name'])));
  },
  filterNot: (step, { get, set }) => {
    const from = get(step.in) as AnyStream;
    set(step.out, from.filterNot(predicate(String(step['pred'])), optionsOf(step, ['name'])));
  },
  map: (step, { get, set }) => {
    const key = keyValueFn(String(step['keyFn']));
    const value = keyValueFn(String(step['valueFn']));
    const from = get(step.in) as AnyStream;
    set(
      step.out,
      from.map((k, v) => [key(k, v), value(k, v)], optionsOf(step, ['name'])),
    );
  },
  mapValues: (step, { get, set }) => {
    const fn = keyValueFn(String(step['fn']));
    const from = get(step.in) as AnyStream;
    set(
      step.out,
      from.mapValues((v, k) => fn(k, v), optionsOf(step, ['name'])),
    );
  },
  flatMap: (step, { get, set }) => {
    const from = get(step.in) as AnyStream;
    set(step.out, from.flatMap(flatMapFn(String(step['fn'])), optionsOf(step, ['name'])));
  },
  flatMapValues: (step, { get, set }) => {
    const from = get(step.in) as AnyStream;
    set(step.out, from.flatMapValues(flatMapValuesFn(String(step['fn'])), optionsOf(step, ['name'])));
  },
  selectKey: (step, { get, set }) => {
    const from = get(step.in) as AnyStream;
    set(step.out, from.selectKey(keyValueFn(String(step['fn'])), optionsOf(step, ['name'])));
  },
  peek: (step, { get, set }) => {
    set(
      step.out,
      (get(step.in) as AnyStream).peek(() => undefined, optionsOf(step, ['name'])),
    );
  },
  foreach: (step, { get }) => {
    (get(step.in) as AnyStream).foreach(() => undefined, optionsOf(step, ['name']));
  },
  merge: (step, { get, set }) => {
    const other = get(step.other) as AnyStream;
    set(step.out, (get(step.in) as AnyStream).merge(other, optionsOf(step, ['name'])));
  },
  repartition: (step, { get, set }) => {
    const options = {
      ...optionsOf(step, ['name', 'partitions']),
      ...serdeOptions(step),
      ...partitionerOption(step['partitioner']),
    };
    set(step.out, (get(step.in) as AnyStream).repartition(options));
  },
  to: (step, { get }) => {
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step), ...partitionerOption(step['partitioner']) };
    const topic = step['topicFn'] === undefined ? String(step['topic']) : topicOf(String(step['topicFn']));
    (get(step.in) as AnyStream).to(topic, options);
  },
};

/** What `Consumed` has beside name and serdes. */
export function consumed(
  step: Readonly<Record<string, unknown>>,
): Pick<Consumed<unknown, unknown>, 'timestamp' | 'offsetReset'> {
  const { reset, extractor } = step;
  return {
    ...(reset === undefined ? {} : { offsetReset: reset as 'earliest' }),
    ...(extractor === undefined ? {} : { timestamp: timestampOf(String(extractor)) }),
  };
}
