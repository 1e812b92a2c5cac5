/**
 * Asynchronous steps in the middle: a store in front, whose work on a record must not be done twice; behind one step an aggregate that shows the
 * order of each key; behind another one, which keeps the order of its input and gives none or several records, a repartition and a count.
 */
import { Stores, StreamsBuilder } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { FixedKeyProcessorContext, KeyValueStore, Program } from '@millrace/topology';
import { patience, type Ask } from './service.ts';

export const inputTopics = ['asked'] as const;
export const outputTopics = ['answers', 'journals', 'copies', 'totals'] as const;

const strings = { key: Serdes.string(), value: Serdes.string() };

/** The step that keeps the order of each key, and nothing more. */
export const byKey = 'answering';

/** How many copies of an answer there are. */
export const copiesOf = (value: string): number => value.length % 3;
/** What the copies are counted by. */
export const bucketOf = (copy: string): string => `bucket ${copy.slice(-1)}`;

export function asyncProgram(ask: Ask): Program {
  const numbers = Stores.keyValueStore({ name: 'numbers', key: Serdes.string(), value: Serdes.long() });
  const builder = new StreamsBuilder().addStateStore(numbers);
  const numbered = builder.stream('asked', strings).processValues<string>(
    () => {
      let context: FixedKeyProcessorContext<string, string>;
      let store: KeyValueStore<string, number>;
      return {
        init: (given) => {
          context = given;
          store = given.getStateStore(numbers);
        },
        process: (record) => {
          const number = (store.get(record.key) ?? 0) + 1;
          store.put(record.key, number);
          context.forward(record.withValue(`${record.value}#${number}`));
        },
      };
    },
    { stores: [numbers] },
  );
  const answers = numbered.mapValuesAsync((value, _key, call) => ask(value, call), {
    ...patience,
    concurrency: 6,
    name: byKey,
  });
  answers.to('answers', strings);
  answers
    .groupByKey(strings)
    .aggregate(
      () => '',
      (_key, value, journal) => `${journal}${value}`,
      { name: 'journals', ...strings },
    )
    .toStream()
    .to('journals', strings);
  const copies = numbered.processAsync<string, string>(
    async (record, call) => {
      const answer = await ask(record.value, call);
      return Array.from({ length: copiesOf(record.value) }, (_, copy) => record.withValue(`${answer}${copy}`));
    },
    { ...patience, concurrency: 6, order: 'input' },
  );
  copies.to('copies', strings);
  copies
    .groupBy((_key, copy) => bucketOf(copy), { name: 'by-bucket', ...strings })
    .count({ name: 'totals' })
    .toStream()
    .to('totals', { key: Serdes.string(), value: Serdes.long() });
  return builder.build();
}
