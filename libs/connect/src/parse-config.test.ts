import { expect, test } from '@jest/globals';
import { MillraceError } from '@millrace/base';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConnectorConfig } from './parse-config.ts';

const shippedFile = path.join(import.meta.dirname, '../../../apps/connector/config/trending-hashtags.json');
const shipped = readFileSync(shippedFile, 'utf8');

/** Messages of the faults, or of the one error that is none of the configuration. */
function faultsOf(config: unknown): string[] {
  try {
    parseConnectorConfig(typeof config === 'string' ? config : JSON.stringify(config), 'c.json');
    return [];
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'MR_SINK_CONFIG') throw error;
    const faults = error.details['faults'] as readonly { at: string; problem: string }[];
    return faults.map(({ at, problem }) => `${at.replace(/^c\.json:\d+:\d+ /, '')} ${problem}`);
  }
}

const table = {
  name: 't',
  columns: { a: 'text', b: 'text', n: 'bigint' },
  partitionKey: ['a'],
  clusteringKey: [{ column: 'b' }],
};
const rows = { table: 't', columns: { a: 'key', b: { constant: 'x' }, n: 'value' } };
const topic = { topic: 'in', key: 'string', value: 'long', rows: [rows] };
const sound = { tables: [table], topics: [topic] };
const withColumns = (columns: object, more: object = {}, rowsMore: object = {}) => ({
  tables: [table],
  topics: [{ ...topic, ...more, rows: [{ ...rows, columns: { ...rows.columns, ...columns }, ...rowsMore }] }],
});

test('the shipped configuration has the tables and topics of the trending-hashtags application', () => {
  const { tables, topics } = parseConnectorConfig(shipped, shippedFile);
  expect(tables).toEqual([
    {
      name: 'hashtags',
      columns: [
        { name: 'hashtag', type: 'text' },
        { name: 'interval', type: 'text' },
        { name: 'mentions', type: 'bigint' },
      ],
      partitionKey: ['hashtag'],
      clusteringKey: [{ name: 'interval', order: 'desc' }],
    },
    {
      name: 'trending',
      columns: [
        { name: 'window_start', type: 'timestamp' },
        { name: 'rank', type: 'int' },
        { name: 'hashtag', type: 'text' },
        { name: 'mentions', type: 'bigint' },
      ],
      partitionKey: ['window_start'],
      clusteringKey: [{ name: 'rank', order: 'asc' }],
    },
  ]);
  expect(topics.map((one) => one.topic)).toEqual([
    'hashtag-mentions-10m',
    'hashtag-mentions-day',
    'hashtag-mentions-all',
    'trending-hashtags',
  ]);
  expect(topics[0]?.key).toEqual({ format: 'time-windowed', inner: 'string', windowSizeMs: 600_000 });
});

test('what is left out: tombstones delete, unmappable records become dead letters of the topic', () => {
  const { topics } = parseConnectorConfig(JSON.stringify(sound), 'c.json');
  expect(topics[0]).toMatchObject({ tombstones: 'delete', onError: 'dead-letter', deadLetterTopic: 'in-dlq' });
});

test('text that is no JSON is refused with the place', () => {
  const cut = '{\n  "tables": [}';
  expect(() => parseConnectorConfig(cut, 'c.json')).toThrow(
    expect.objectContaining({ code: 'MR_SINK_CONFIG', message: expect.stringMatching(/c\.json:2:15 is not JSON/) }),
  );
});

test('every fault of the form is told at once, with line and column', () => {
  const text = `{
  "tables": [
    { "name": "bad-name", "columns": { "a": "text", "b": "varchar" }, "partitionKey": [] }
  ],
  "topics": [
    { "topic": "x", "value": "xml", "keyy": "string", "rows": [{ "table": "t", "columns": { "a": "kee.x" } }] },
    { "topic": "y", "key": { "format": "time-windowed", "inner": "long" }, "value": "long" }
  ]
}`;
  expect(() => parseConnectorConfig(text, 'c.json')).toThrow(
    expect.objectContaining({
      code: 'MR_SINK_CONFIG',
      severity: 'user',
      details: {
        faults: [
          ['3:7', '/tables/0/name', "is 'bad-name'"],
          ['3:53', '/tables/0/columns/b', "is 'varchar'; expected one of text"],
          ['3:71', '/tables/0/partitionKey', 'is empty'],
          ['6:21', '/topics/0/value', "is 'xml'; expected one of string"],
          ['6:37', '/topics/0/keyy', 'is not known; expected one of topic, key'],
          ['6:93', '/topics/0/rows/0/columns/a', "is 'kee.x', which does not fit"],
          ['7:5', '/topics/1', "has no 'rows'"],
          ['7:21', '/topics/1/key', "has no 'windowSize'"],
        ].map(([place, where, problem]) => ({
          at: `c.json:${place} ${where}`,
          problem: expect.stringContaining(problem as string),
        })),
      },
    }),
  );
});

test.each<[string, object, string[]]>([
  ['two tables of one name', { ...sound, tables: [table, table] }, ["/tables/1/name is 't', as an earlier one is"]],
  ['a topic twice', { ...sound, topics: [topic, topic] }, ["/topics/1/topic is 'in', as an earlier one is"]],
  [
    'a key column that is no column',
    { ...sound, tables: [{ ...table, clusteringKey: [{ column: 'b' }, { column: 'c' }] }] },
    [
      "/tables/0/clusteringKey/1/column is 'c', which is no column of 't'",
      "/topics/0/rows/0/columns has no source for the key column 'c'",
    ],
  ],
  [
    'a column twice in the key',
    { ...sound, tables: [{ ...table, partitionKey: ['a', 'b'] }] },
    ["/tables/0/clusteringKey/0/column is 'b', as an earlier one is"],
  ],
  [
    'a table that is not there',
    { tables: [table], topics: [{ ...topic, rows: [{ ...rows, table: 'u' }] }] },
    ["/topics/0/rows/0/table is 'u', which is not configured"],
  ],
  ['a column that is not there', withColumns({ z: 'value' }), ["/topics/0/rows/0/columns/z is no column of 't'"]],
  [
    'neither path nor constant, and both',
    withColumns({ n: {}, b: { constant: 'x', from: 'key' } }),
    [
      "/topics/0/rows/0/columns/b needs 'from' or 'constant', one of them",
      "/topics/0/rows/0/columns/n needs 'from' or 'constant', one of them",
    ],
  ],
  [
    'a constant of another type',
    withColumns({ n: { constant: 'many' } }),
    ['/topics/0/rows/0/columns/n is a constant that is no bigint'],
  ],
  [
    'the key where none is read',
    withColumns({}, { key: undefined }),
    ["/topics/0/rows/0/columns/a reads the key, and the topic gives no 'key' format"],
  ],
  [
    'an entry where nothing is exploded',
    withColumns({ n: 'entry.count' }),
    ["/topics/0/rows/0/columns/n reads 'entry', and nothing is exploded here"],
  ],
  [
    'a format of a number, and one that is none',
    withColumns({ n: { from: 'timestamp', format: 'yyyy' }, b: { from: 'key', format: 'yyyy-QQ' } }),
    [
      '/topics/0/rows/0/columns/b has the format yyyy-QQ; expected yyyy, MM',
      '/topics/0/rows/0/columns/n has a format, and the column is bigint, not text',
    ],
  ],
  [
    'a key of the value, where tombstones delete',
    withColumns({ b: 'value.b' }),
    ['/topics/0/rows/0/columns/b is in the key and reads the value, which tombstones lack'],
  ],
  [
    'an exploded list without a rank in the key',
    withColumns({}, {}, { explode: { list: 'value.list', max: 3 } }),
    ["/topics/0/rows/0/columns/a is in a key without 'rank'"],
  ],
  [
    'an exploded list with an element in the key',
    withColumns({ b: 'entry.b' }, {}, { explode: { list: 'key', max: 3 } }),
    [
      "/topics/0/rows/0/columns/b is in the key and reads 'entry'",
      "/topics/0/rows/0/columns/a is in a key without 'rank'",
      '/topics/0/rows/0/explode/list must be a path into the value',
    ],
  ],
  [
    'dead letters that would be read again',
    { ...sound, topics: [topic, { ...topic, topic: 'in-dlq' }, { ...topic, topic: 'y', deadLetterTopic: 'y' }] },
    [
      "/topics/0/topic sends its dead letters to 'in-dlq', which is read here too",
      "/topics/2/deadLetterTopic sends its dead letters to 'y', which is read here too",
    ],
  ],
])('%s is refused', (_name, config, expected) => {
  const found = faultsOf(JSON.parse(JSON.stringify(config)));
  expect(found.sort()).toEqual(expected.sort().map((text) => expect.stringContaining(text)));
});

test('a key of the value is right where tombstones delete nothing', () => {
  expect(faultsOf(withColumns({ b: 'value.b' }, { tombstones: 'ignore', value: 'json' }))).toEqual([]);
});
