/** Records of every format and what becomes of them, by the shipped configuration and by others. */
import { describe, expect, test } from '@jest/globals';
import type { FetchedBatch, RowWrite } from '@millrace/ports';
import { Serdes, avro, json, timeWindowed } from '@millrace/serde';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConnectorConfig } from './parse-config.ts';
import { TopicMapping } from './topic-mapping.ts';
import { FakeTable } from './testdata/fake-table.ts';

const root = path.join(import.meta.dirname, '../../..');
const shipped = parseConnectorConfig(
  readFileSync(path.join(root, 'apps/connector/config/trending-hashtags.json'), 'utf8'),
  'trending-hashtags.json',
);
const trendingSchema = readFileSync(path.join(root, 'schemas/avro/trending-hashtags-value.avsc'), 'utf8');

interface Sent {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

function batchOf(topic: string, sent: readonly Sent[]): FetchedBatch {
  const bytes = (some: Uint8Array | null | undefined): Buffer | null => (some ? Buffer.from(some) : null);
  return {
    ...{ topic, partition: 3, count: sent.length, nextOffset: 40 + sent.length, leaderEpoch: 0 },
    offset: (i) => 40 + i,
    timestamp: () => 1_424_167_812_345,
    key: (i) => bytes(sent[i]?.key),
    value: (i) => bytes(sent[i]?.value),
    headers: () => [],
  };
}

async function mapped(mapping: TopicMapping, sent: readonly Sent[], schemas: ReadonlyMap<number, string> = new Map()) {
  await mapping.open({ schemaById: async (id: number) => schemas.get(id) ?? '' } as never);
  const batch = batchOf(mapping.config.topic, sent);
  await mapping.prepare(batch, 0, batch.count);
  const rows: RowWrite[] = [];
  const errors = sent.map((_, i) => mapping.map(batch, i, 1_000 + i, rows));
  return { rows, errors };
}

const short = ({ table, kind, row, writetime }: RowWrite) => [table.name, kind, { ...row }, writetime];
const mappingOf = (topic: string) => new TopicMapping(shipped.topics.find((one) => one.topic === topic) as never);
const long = (value: number): Uint8Array => Serdes.long().serialize('', value);
const windowed = (key: string, start: number): Uint8Array =>
  timeWindowed(Serdes.string(), 600_000).serialize('', { key, window: { start, end: start + 600_000 } });

describe('the shipped configuration', () => {
  const start = Date.UTC(2015, 1, 17, 10, 10);

  test.each([
    ['hashtag-mentions-10m', windowed('tag', start), '2015-02-17T10:10Z'],
    ['hashtag-mentions-day', windowed('tag', Date.UTC(2015, 1, 17)), '2015-02-17'],
    ['hashtag-mentions-all', Buffer.from('tag'), 'ALL'],
  ])(
    '%s gives the interval as the issue writes it, and a tombstone takes its row away',
    async (topic, key, interval) => {
      const { rows, errors } = await mapped(mappingOf(topic), [
        { key, value: long(7) },
        { key, value: null },
      ]);
      expect(errors).toEqual([undefined, undefined]);
      expect(rows.map(short)).toEqual([
        ['hashtags', 'upsert', { hashtag: 'tag', interval, mentions: 7n }, 1_000],
        ['hashtags', 'delete', { hashtag: 'tag', interval }, 1_001],
      ]);
    },
  );

  const serde = avro<{ windowStart: number; entries: { hashtag: string; mentions: number }[] }>({
    schema: trendingSchema,
    schemaId: 5,
  });
  const ranking = (...tags: string[]): Sent => ({
    key: long(start),
    value: serde.serialize('', {
      windowStart: start,
      entries: tags.map((hashtag, i) => ({ hashtag, mentions: 100 - i })),
    }),
  });
  const schemas = new Map([[5, trendingSchema]]);

  test('a ranking gives one row a place, and takes the places behind its end away', async () => {
    const { rows, errors } = await mapped(mappingOf('trending-hashtags'), [ranking('a', 'b')], schemas);
    expect(errors).toEqual([undefined]);
    expect(rows.slice(0, 3).map(short)).toEqual([
      ['trending', 'upsert', { window_start: start, rank: 1, hashtag: 'a', mentions: 100n }, 1_000],
      ['trending', 'upsert', { window_start: start, rank: 2, hashtag: 'b', mentions: 99n }, 1_000],
      ['trending', 'delete', { window_start: start, rank: 3 }, 1_000],
    ]);
    expect(rows.map(({ row }) => row['rank'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('rankings that grow, shrink and go, written in any order and again, leave exactly the last one', async () => {
    const tags = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const lengths = fc.array(fc.option(fc.nat(10)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.infiniteStream(fc.nat()), async (history, shuffle) => {
        const sent = history.map((length) =>
          length === null ? { key: long(start), value: null } : ranking(...tags.slice(0, length)),
        );
        const { rows } = await mapped(mappingOf('trending-hashtags'), sent, schemas);
        const table = new FakeTable();
        const shuffled = [...rows, ...rows].map((row) => [shuffle.next().value as number, row] as const);
        for (const [, row] of shuffled.sort(([a], [b]) => a - b)) await table.write([row]);
        const last = history.at(-1) ?? 0;
        expect(table.rows('trending').map((row) => row['hashtag'])).toEqual(tags.slice(0, last));
      }),
    );
  });

  test('a ranking that is longer than there are places is refused: nothing would take the others away', async () => {
    const { rows, errors } = await mapped(mappingOf('trending-hashtags'), [ranking(...'abcdefghijk')], schemas);
    expect(errors[0]).toMatchObject({
      code: 'MR_SINK_UNMAPPABLE',
      message: expect.stringMatching(/trending-hashtags-3@40 .*value\.entries.*11 elements; 10 are the most/),
    });
    expect(rows).toEqual([]);
  });
});

const types = { id: 'text', i: 'int', big: 'bigint', d: 'double', yes: 'boolean', at: 'timestamp', raw: 'blob' };

function jsonMapping(columns: object, more: object = {}) {
  const tables = [{ name: 't', columns: types, partitionKey: ['id'] }];
  const topics = [
    { topic: 'in', key: 'string', value: 'json', rows: [{ table: 't', columns: { id: 'key', ...columns } }], ...more },
  ];
  return new TopicMapping(parseConnectorConfig(JSON.stringify({ tables, topics }), 'c.json').topics[0] as never);
}

const value = (content: unknown): Sent => ({
  key: Buffer.from('k'),
  value: json<unknown>().serialize('', content) as Uint8Array,
});

test('fields of every type, of nested records, of the record itself, and constants', async () => {
  const mapping = jsonMapping({
    i: 'value.a.i',
    big: 'offset',
    d: 'value.d',
    yes: { constant: true },
    at: 'timestamp',
  });
  const { rows } = await mapped(mapping, [value({ a: { i: -3 }, d: 0.5 })]);
  expect(rows[0]?.row).toEqual({ id: 'k', i: -3, big: 40n, d: 0.5, yes: true, at: 1_424_167_812_345 });
});

test.each([
  ['i', 2 ** 31, 'a number that is no int'],
  ['i', 1.5, 'a number that is no int'],
  ['i', '1', 'a string that is no int'],
  ['big', 2 ** 53, 'a number that is no bigint'],
  ['d', 'x', 'a string that is no double'],
  ['yes', 1, 'a number that is no boolean'],
  ['at', 1e17, 'a number that is no timestamp'],
  ['raw', 'x', 'a string that is no blob'],
  ['d', [1], 'a list that is no double'],
  ['d', { a: 1 }, 'a record that is no double'],
])('column %s takes no %p', async (column, given, problem) => {
  const { rows, errors } = await mapped(jsonMapping({ [column]: 'value.x' }), [value({ x: given })]);
  expect(errors[0]).toMatchObject({
    code: 'MR_SINK_UNMAPPABLE',
    details: { topic: 'in', partition: 3, offset: 40, column, problem: `value.x is ${problem}` },
  });
  expect(rows).toEqual([]);
});

test('null leaves a column as it is; a path that leads nowhere is refused unless it is optional', async () => {
  const strict = await mapped(jsonMapping({ d: 'value.x.y' }), [value({ x: null }), value({}), value({ x: 5 })]);
  expect(strict.rows.map(({ row }) => row)).toEqual([{ id: 'k', d: null }]);
  expect(strict.errors.slice(1)).toEqual([
    expect.objectContaining({ details: expect.objectContaining({ problem: 'there is no value.x.y' }) }),
    expect.objectContaining({ code: 'MR_SINK_UNMAPPABLE' }),
  ]);
  const lax = await mapped(jsonMapping({ d: { from: 'value.x', optional: true } }), [value({})]);
  expect(lax.rows.map(({ row }) => row)).toEqual([{ id: 'k', d: null }]);
});

test('inherited properties are no fields', async () => {
  const { errors } = await mapped(jsonMapping({ d: 'value.constructor.length' }), [value({})]);
  expect(errors[0]?.details).toMatchObject({ problem: 'there is no value.constructor.length' });
});

test('keys that are null or empty, and keys that are no UTF-8', async () => {
  const sent = [null, '', Buffer.from([0xff, 0x61]), 'ok\ufffd'].map((key) => ({
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value: Buffer.from('{}'),
  }));
  const { rows, errors } = await mapped(jsonMapping({}), sent);
  expect(errors.map((error) => error?.message ?? '')).toEqual([
    expect.stringContaining('a key column cannot be null'),
    expect.stringContaining('a partition key cannot be empty'),
    expect.stringContaining('The key of the record at in-3@42 cannot be read'),
    '',
  ]);
  expect(rows.map(({ row }) => row)).toEqual([{ id: 'ok\ufffd' }]);
});

test('what records without a value do is a setting', async () => {
  const tombstone = [{ key: Buffer.from('k'), value: null }];
  const outcome = async (tombstones: string) => {
    const { rows, errors } = await mapped(jsonMapping({ d: 'value.d' }, { tombstones }), tombstone);
    return [rows.map(({ kind, row }) => [kind, row]), errors.map((error) => error?.code)];
  };
  expect(await outcome('delete')).toEqual([[['delete', { id: 'k' }]], [undefined]]);
  expect(await outcome('ignore')).toEqual([[], [undefined]]);
  expect(await outcome('reject')).toEqual([[], ['MR_SINK_UNMAPPABLE']]);
});

test('a JSON null is a value and no tombstone', async () => {
  const { rows } = await mapped(jsonMapping({ d: 'value.d' }), [value(null)]);
  expect(rows.map(({ kind }) => kind)).toEqual(['upsert']);
});

test('one record may become rows of several tables; all of them or none', async () => {
  const tables = [
    { name: 't', columns: types, partitionKey: ['id'] },
    { name: 'u', columns: types, partitionKey: ['id'] },
  ];
  const rows = ['t', 'u'].map((table, i) => ({ table, columns: { id: 'key', d: i === 0 ? 'value.a' : 'value.b' } }));
  const topics = [{ topic: 'in', key: 'string', value: 'json', rows }];
  const { topics: parsed } = parseConnectorConfig(JSON.stringify({ tables, topics }), 'c.json');
  const found = await mapped(new TopicMapping(parsed[0] as never), [value({ a: 1, b: 2 }), value({ a: 1, b: 'x' })]);
  expect(found.rows.map(({ table }) => table.name)).toEqual(['t', 'u']);
  expect(found.errors[1]).toMatchObject({ details: { column: 'd' } });
});
