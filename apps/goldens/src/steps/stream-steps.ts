/** Stateless steps of streams, sources and sinks. */
import type { Consumed, KStream } from '@millrace/dsl';
import type { Steps } from '../build-case.ts';
import { flatMapFn, flatMapValuesFn, keyValueFn, parts, predicate, text } from '../case-functions.ts';
import { serdeOptions } from '../case-serdes.ts';
import { notYet, optionsOf, stringsOf } from './step-options.ts';

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
    notYet(step, ['partitioner']);
    const options = { ...optionsOf(step, ['name', 'partitions']), ...serdeOptions(step) };
    set(step.out, (get(step.in) as AnyStream).repartition(options));
  },
  to: (step, { get }) => {
    notYet(step, ['topicFn', 'partitioner']);
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step) };
    (get(step.in) as AnyStream).to(String(step['topic']), options);
  },
};

/** What `Consumed` has beside name and serdes. */
export function consumed(step: Readonly<Record<string, unknown>>): Pick<Consumed<unknown, unknown>, 'timestamp'> {
  notYet(step, ['reset']);
  if (step['extractor'] === undefined) return {};
  const [name, argument] = parts(String(step['extractor']));
  if (name !== 'valueField' && name !== 'valueFieldOrPartition') return notYet(step, ['extractor']);
  return {
    timestamp: (value: unknown, _key: unknown, _recordTimestamp: number, partitionTime: number): number => {
      const found = value === null ? undefined : text(value).split(',')[Number(argument)];
      if (found !== undefined && /^-?[0-9]{1,18}$/.test(found)) return Number(found);
      return name === 'valueField' ? -1 : partitionTime;
    },
  };
}
