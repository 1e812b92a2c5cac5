/** Rows as bound CQL statements. Inserts and deletes carry a timestamp of their own on one scale, so their order of arrival does not matter. */
import type { CellValue, RowWrite, TableSpec } from '@millrace/ports';
import type { BoundStatement, CqlValue } from './cql-session.ts';
import { quoted, tableName } from './table-schema.ts';

/** The two statements of a table; two prepared statements on the server, whatever the rows. */
export interface TableStatements {
  readonly upsert: string;
  readonly delete: string;
}

export function tableStatements(keyspace: string, spec: TableSpec): TableStatements {
  const columns = spec.columns.map(({ name }) => quoted('column', name));
  const key = keyColumns(spec).map((name) => `${quoted('column', name)} = ?`);
  const table = tableName(keyspace, spec.name);
  return {
    upsert: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) USING TIMESTAMP ?`,
    delete: `DELETE FROM ${table} USING TIMESTAMP ? WHERE ${key.join(' AND ')}`,
  };
}

export function bind(statements: TableStatements, { table, kind, row, writetime }: RowWrite): BoundStatement {
  const timestamp = BigInt(writetime);
  if (kind === 'delete') {
    const key = keyColumns(table).map((name) => cqlValue(table, name, row[name]));
    return { statement: statements.delete, values: [timestamp, ...key] };
  }
  const values = table.columns.map(({ name }) => cqlValue(table, name, row[name]));
  values.push(timestamp);
  return { statement: statements.upsert, values };
}

export function keyColumns({ partitionKey, clusteringKey }: TableSpec): readonly string[] {
  return [...partitionKey, ...clusteringKey.map(({ name }) => name)];
}

/** Null and absent are UNSET: the column stays as it is, and no tombstone is made. */
function cqlValue({ columns }: TableSpec, name: string, value: CellValue | undefined): CqlValue {
  if (value === null || value === undefined) return undefined;
  const type = columns.find((column) => column.name === name)?.type;
  if (type === 'timestamp') return new Date(Number(value));
  if (type === 'bigint') return BigInt(value as bigint | number);
  // The driver takes Buffers only.
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}
