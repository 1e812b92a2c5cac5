/** What must not compile, and what is inferred, with tables. */
import { Serdes } from '@millrace/serde';
import { StreamsBuilder, TimeWindows, type KTable } from './index.ts';

const builder = new StreamsBuilder();
const names = builder.table('names', { key: Serdes.string(), value: Serdes.string() });
const counts = builder.table('counts', { key: Serdes.string(), value: Serdes.integer() });
const byNumber = builder.table('by-number', { key: Serdes.integer(), value: Serdes.string() });

test('types follow joins, groups and suppressions', () => {
  const joined: KTable<string, number> = names.join(counts, (name, count) => name.length + count);
  const left: KTable<string, string> = names.leftJoin(counts, (name, count) => `${name}${count ?? 0}`);
  // @ts-expect-error The right side of a left join may be missing.
  names.leftJoin(counts, (name, count) => name.length + count);
  // @ts-expect-error Tables are joined by one kind of key.
  names.join(byNumber, (name) => name);
  const foreign: KTable<string, string> = counts.joinOnForeignKey(
    byNumber,
    (count) => count,
    (count, text) => `${count}${text}`,
  );
  const asText = (name: string): string => name;
  // @ts-expect-error The foreign key is a key of the other table.
  names.joinOnForeignKey(byNumber, asText, asText);
  expect([joined, left, foreign]).toHaveLength(3);
});

test('what is null deletes a row, and is no value of the table', () => {
  const lengths: KTable<string, number> = names.mapValues((name) => (name === '' ? null : name.length));
  const joined: KTable<string, string> = names.outerJoin(counts, (name, count) => (count === 0 ? null : name));
  const grouped = names.groupBy((key, name) => [name, key]);
  const kept: KTable<string, number> = grouped.aggregate(
    () => 0,
    (_name, _key, count) => count + 1,
    (_name, _key, count) => (count === 1 ? null : count - 1),
  );
  const folded: KTable<string, number> = builder
    .stream('words', { key: Serdes.string(), value: Serdes.string() })
    .groupByKey()
    .aggregate(
      () => 0,
      (_key, word, sum) => (word === 'end' ? null : sum + word.length),
    );
  // @ts-expect-error It is no text either.
  const text: KTable<string, string> = names.mapValues((name) => (name === '' ? null : name.length));
  expect([lengths, joined, kept, folded, text]).toHaveLength(5);
});

test('only windows close', () => {
  // @ts-expect-error This table has no windows.
  expect(() => names.suppress({ until: 'windowCloses' })).toThrow(
    expect.objectContaining({ code: 'MR_TOPOLOGY_WINDOW' }),
  );
  const windowed = builder
    .stream('words', { key: Serdes.string(), value: Serdes.string() })
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
    .count();
  // @ts-expect-error A final result is never early.
  expect(() => windowed.suppress({ until: 'windowCloses', buffer: { whenFull: 'emit' } })).toThrow(/not be final/);
  expect(windowed.suppress({ until: 'windowCloses', name: 'final' })).toBeDefined();
});
