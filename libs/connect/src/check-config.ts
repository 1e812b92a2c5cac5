/** What a configuration file gets wrong although it fits its schema: names that do not meet, columns without a source, keys that tombstones lack. */
import type { ColumnType } from '@millrace/ports';
import { cellOf } from './cell.ts';
import type { ColumnSource } from './config.ts';
import { instantFormat, instantLetters } from './instant-format.ts';
import type { JsonFault, JsonPath } from './json-schema.ts';
import { sourceOf, type ConfigFile } from './config-file.ts';

type Table = ConfigFile['tables'][number];
type Topic = ConfigFile['topics'][number];
type Rows = Topic['rows'][number];

export function configFaults({ tables, topics }: ConfigFile): readonly JsonFault[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  return [
    ...repeated(
      tables.map(({ name }) => name),
      (i) => ['tables', i, 'name'],
    ),
    ...tables.flatMap((table, i) => tableFaults(table, ['tables', i])),
    ...repeated(
      topics.map(({ topic }) => topic),
      (i) => ['topics', i, 'topic'],
    ),
    ...topics.flatMap((topic, i) => deadLetterFaults(topic, topics, ['topics', i])),
    ...topics.flatMap((topic, i) =>
      topic.rows.flatMap((rows, j) => rowsFaults(rows, topic, byName.get(rows.table), ['topics', i, 'rows', j])),
    ),
  ];
}

function repeated(names: readonly string[], pathOf: (i: number) => JsonPath): JsonFault[] {
  return names.flatMap((name, i) =>
    names.indexOf(name) === i ? [] : [{ path: pathOf(i), problem: `is '${name}', as an earlier one is` }],
  );
}

function keyOf({ partitionKey, clusteringKey = [] }: Table): string[] {
  return [...partitionKey, ...clusteringKey.map(({ column }) => column)];
}

function tableFaults(table: Table, path: JsonPath): JsonFault[] {
  const key = keyOf(table);
  const placeOf = (i: number): JsonPath =>
    i < table.partitionKey.length
      ? [...path, 'partitionKey', i]
      : [...path, 'clusteringKey', i - table.partitionKey.length, 'column'];
  return [
    ...repeated(key, placeOf),
    ...key.flatMap((name, i) =>
      Object.hasOwn(table.columns, name)
        ? []
        : [{ path: placeOf(i), problem: `is '${name}', which is no column of '${table.name}'` }],
    ),
  ];
}

/** A dead letter that is read again would go round for ever. */
function deadLetterFaults({ topic, deadLetterTopic }: Topic, topics: readonly Topic[], path: JsonPath): JsonFault[] {
  const target = deadLetterTopic ?? `${topic}-dlq`;
  if (!topics.some((one) => one.topic === target)) return [];
  const at = deadLetterTopic === undefined ? 'topic' : 'deadLetterTopic';
  return [{ path: [...path, at], problem: `sends its dead letters to '${target}', which is read here too` }];
}

function rowsFaults(rows: Rows, topic: Topic, table: Table | undefined, path: JsonPath): JsonFault[] {
  if (table === undefined)
    return [{ path: [...path, 'table'], problem: `is '${rows.table}', which is not configured` }];
  const sources = Object.entries(rows.columns).map(([column, source]) => ({ column, source: sourceOf(source) }));
  const missing = keyOf(table).filter((name) => !Object.hasOwn(rows.columns, name));
  return [
    ...missing.map((name) => ({ path: [...path, 'columns'], problem: `has no source for the key column '${name}'` })),
    ...sources.flatMap(({ column, source }) =>
      columnFaults(source, table.columns[column], rows, topic).map((problem) => ({
        path: [...path, 'columns', column],
        problem,
      })),
    ),
    ...keyFaults(sources, table, rows, topic).map(({ column, problem }) => ({
      path: [...path, 'columns', column],
      problem,
    })),
    ...(rows.explode === undefined || rootOf(rows.explode.list) === 'value'
      ? []
      : [{ path: [...path, 'explode', 'list'], problem: 'must be a path into the value' }]),
  ];
}

function columnFaults(source: ColumnSource, type: ColumnType | undefined, rows: Rows, topic: Topic): string[] {
  if (type === undefined) return [`is no column of '${rows.table}'`];
  const given = source as { constant?: unknown; from?: string; format?: string };
  if ((given.constant === undefined) === (given.from === undefined)) return ["needs 'from' or 'constant', one of them"];
  if (given.constant !== undefined)
    return cellOf(type, given.constant) === undefined ? [`is a constant that is no ${type}`] : [];
  const root = rootOf(given.from ?? '');
  const faults: string[] = [];
  if (root === 'key' && topic.key === undefined) faults.push("reads the key, and the topic gives no 'key' format");
  if ((root === 'entry' || root === 'rank') && rows.explode === undefined)
    faults.push(`reads '${root}', and nothing is exploded here`);
  if (given.format !== undefined && type !== 'text') faults.push(`has a format, and the column is ${type}, not text`);
  if (given.format !== undefined && instantFormat(given.format) === undefined)
    faults.push(`has the format ${given.format}; expected ${instantLetters}`);
  return faults;
}

/** Rows are told apart by their keys alone when they are deleted: those of tombstones, and those past the end of a shorter list. */
function keyFaults(
  sources: readonly { readonly column: string; readonly source: ColumnSource }[],
  table: Table,
  rows: Rows,
  topic: Topic,
): { column: string; problem: string }[] {
  const inKey = sources.filter(({ column }) => keyOf(table).includes(column));
  const from = (source: ColumnSource): string => ('from' in source ? rootOf(source.from) : '');
  const faults = inKey.flatMap(({ column, source }) => {
    const root = from(source);
    if (root === 'entry')
      return [{ column, problem: "is in the key and reads 'entry': a shorter list could not delete its rows" }];
    if (root === 'value' && (topic.tombstones ?? 'delete') === 'delete')
      return [
        {
          column,
          problem: "is in the key and reads the value, which tombstones lack; or set 'tombstones' to ignore or reject",
        },
      ];
    if (['offset', 'timestamp', 'partition'].includes(root) && rows.explode !== undefined)
      return [{ column, problem: `is in the key and reads '${root}', which differs between the lists of a key` }];
    return [];
  });
  if (rows.explode === undefined || inKey.some(({ source }) => from(source) === 'rank')) return faults;
  const [first = ''] = table.partitionKey;
  return [...faults, { column: first, problem: "is in a key without 'rank': the elements of a list would be one row" }];
}

function rootOf(path: string): string {
  return path.split('.', 1)[0] ?? '';
}
