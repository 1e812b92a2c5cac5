import { expect, test } from '@jest/globals';
import { Serdes } from '@millrace/serde';
import { StreamsBuilder } from './streams-builder.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const explicit = { ensureExplicitInternalResourceNaming: true };

test('what the user has not named is told at once, stores, changelogs and repartition topics', () => {
  const builder = new StreamsBuilder();
  builder
    .stream('in', strings)
    .groupBy((_key, value) => value, strings)
    .count()
    .toStream()
    .to('out');
  expect(() => builder.build(explicit)).toThrow(
    expect.objectContaining({
      code: 'MR_TOPOLOGY_NAMES_MISSING',
      details: {
        stores: ['KSTREAM-AGGREGATE-STATE-STORE-0000000002'],
        changelogs: ['KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog'],
        repartitions: ['KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition'],
      },
    }),
  );
  expect(builder.build().topology.stores).toHaveLength(1);
});

test('a topology whose stores and topics are named passes, and so does a table that is not kept', () => {
  const builder = new StreamsBuilder();
  builder.table('table-0000000001', strings).toStream().to('copy');
  builder
    .stream('in', strings)
    .groupBy((_key, value) => value, { name: 'by-value', ...strings })
    .count({ name: 'counts' })
    .toStream()
    .to('out');
  expect(builder.build(explicit).topology.stores.map(({ name }) => name)).toEqual(['counts']);
});
