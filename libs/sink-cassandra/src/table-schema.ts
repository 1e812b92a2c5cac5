/** Tables as CQL: names validated and always quoted, CREATE statements, and what an existing table lacks. */
import { millraceError } from '@millrace/base';
import type { ColumnType, TableSpec } from '@millrace/ports';
import type { CqlRow } from './cql-session.ts';

const identifier = /^[A-Za-z][A-Za-z0-9_]{0,47}$/;

/** A quoted name. Quoting keeps reserved words and upper case; the pattern keeps everything else out. */
export function quoted(kind: 'keyspace' | 'table' | 'column', name: string): string {
  if (!identifier.test(name)) throw millraceError('MR_SINK_IDENTIFIER', { kind, name });
  return `"${name}"`;
}

/** `"keyspace"."table"` */
export function tableName(keyspace: string, table: string): string {
  return `${quoted('keyspace', keyspace)}.${quoted('table', table)}`;
}

export function createKeyspace(keyspace: string, localDataCenter: string, replicationFactor: number): string {
  const dataCenter = localDataCenter.replaceAll("'", "''");
  return (
    `CREATE KEYSPACE IF NOT EXISTS ${quoted('keyspace', keyspace)} ` +
    `WITH replication = {'class': 'NetworkTopologyStrategy', '${dataCenter}': ${replicationFactor}}`
  );
}

export function createTable(keyspace: string, { name, columns, partitionKey, clusteringKey }: TableSpec): string {
  const column = (text: string): string => quoted('column', text);
  const key = [`(${partitionKey.map(column).join(', ')})`, ...clusteringKey.map((one) => column(one.name))].join(', ');
  const order = clusteringKey.map((one) => `${column(one.name)} ${one.order.toUpperCase()}`).join(', ');
  return (
    `CREATE TABLE IF NOT EXISTS ${tableName(keyspace, name)} ` +
    `(${columns.map((one) => `${column(one.name)} ${one.type}`).join(', ')}, PRIMARY KEY (${key}))` +
    (order === '' ? '' : ` WITH CLUSTERING ORDER BY (${order})`)
  );
}

/** Reads the columns of a table as `columnsOf` takes them. */
export const selectColumns =
  'SELECT column_name, type, kind, position, clustering_order FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?';

interface FoundColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: string;
  readonly position: number;
  readonly order: string;
}

function columnsOf(rows: readonly CqlRow[]): readonly FoundColumn[] {
  return rows.map((row) => ({
    name: String(row['column_name']),
    type: String(row['type']),
    kind: String(row['kind']),
    position: Number(row['position']),
    order: String(row['clustering_order']),
  }));
}

/** Throws MR_SINK_TABLE_MISMATCH, with everything that differs, unless the rows of system_schema describe this table. */
export function checkTable(keyspace: string, spec: TableSpec, rows: readonly CqlRow[]): void {
  const found = columnsOf(rows);
  const missing = spec.columns.filter(({ name }) => !found.some((one) => one.name === name));
  const mistyped = spec.columns.flatMap(({ name, type }) => {
    const other = found.find((one) => one.name === name);
    return other === undefined || sameType(other.type, type)
      ? []
      : [`column ${name} is ${other.type}, expected ${type}`];
  });
  const keys = [
    ...differentKey('partition key', keyText(found, 'partition_key'), spec.partitionKey.join(', ')),
    ...differentKey(
      'clustering key',
      keyText(found, 'clustering'),
      spec.clusteringKey.map(({ name, order }) => `${name} ${order}`).join(', '),
    ),
  ];
  if (missing.length + mistyped.length + keys.length === 0) return;
  const table = tableName(keyspace, spec.name);
  throw millraceError('MR_SINK_TABLE_MISMATCH', {
    table,
    problems: [...missing.map(({ name }) => `column ${name} is missing`), ...mistyped, ...keys],
    statement:
      mistyped.length + keys.length === 0
        ? `ALTER TABLE ${table} ADD (${missing.map(({ name, type }) => `${quoted('column', name)} ${type}`).join(', ')})`
        : `DROP TABLE ${table}; ${createTable(keyspace, spec)}`,
  });
}

function sameType(found: string, wanted: ColumnType): boolean {
  return found === wanted || (found === 'varchar' && wanted === 'text');
}

function keyText(found: readonly FoundColumn[], kind: string): string {
  return found
    .filter((one) => one.kind === kind)
    .sort((a, b) => a.position - b.position)
    .map(({ name, order }) => (kind === 'clustering' ? `${name} ${order}` : name))
    .join(', ');
}

function differentKey(kind: string, found: string, wanted: string): readonly string[] {
  return found === wanted ? [] : [`its ${kind} is (${found}), expected (${wanted})`];
}
