/**
 * The rows of one table that a record becomes. All rows of a record have one writetime. An exploded list gives one upsert an element and one
 * delete for every rank past its end: with the same writetimes on every replay, and in whatever order they arrive, the rows of a shorter list
 * are exactly its elements.
 */
import { invariant } from '@millrace/base';
import type { CellValue, RowWrite, TableSpec } from '@millrace/ports';
import { kindOf } from './cell.ts';
import { columnReader, isFault, pathReader, type ColumnReader, type SourceRecord } from './column-value.ts';
import type { Explosion, RowsConfig } from './config.ts';

/** A column that a record gives no value for. A class, so that it is no row by any chance. */
export class MappingFault {
  readonly column: string;
  readonly problem: string;

  constructor(column: string, problem: string) {
    this.column = column;
    this.problem = problem;
  }
}

/** Appends the rows of a record; what was appended before a fault is to be thrown away. */
export type RowMapping = (record: SourceRecord, writetime: number, rows: RowWrite[]) => MappingFault | undefined;

export interface RowMappings {
  /** For a record with a value. */
  readonly upsert: RowMapping;
  /** For one without: the same rows go. */
  readonly delete: RowMapping;
}

interface Column {
  readonly name: string;
  readonly read: ColumnReader;
  readonly isKey: boolean;
  /** Cassandra takes no empty text as the whole partition key. */
  readonly mayBeEmpty: boolean;
}

type OneRow = (record: SourceRecord) => Record<string, CellValue> | MappingFault;

export function rowMappings({ table, columns, explode }: RowsConfig): RowMappings {
  const all = Object.entries(columns).map(([name, source]): Column => {
    const type = table.columns.find((one) => one.name === name)?.type;
    invariant(type !== undefined, 'the configuration was checked');
    const isWholePartition = table.partitionKey.length === 1 && table.partitionKey[0] === name;
    return { name, read: columnReader(source, type), isKey: isKeyColumn(table, name), mayBeEmpty: !isWholePartition };
  });
  const whole = oneRow(all);
  const keyOnly = oneRow(all.filter(({ isKey }) => isKey));
  if (explode === undefined)
    return { upsert: writing(table, 'upsert', whole), delete: writing(table, 'delete', keyOnly) };
  const upsert = writing(table, 'upsert', whole);
  const remove = ranks(writing(table, 'delete', keyOnly), explode.max);
  return { upsert: exploding(explode, upsert, remove), delete: (...args) => remove(1, ...args) };
}

export function isKeyColumn({ partitionKey, clusteringKey }: TableSpec, name: string): boolean {
  return partitionKey.includes(name) || clusteringKey.some((one) => one.name === name);
}

function oneRow(columns: readonly Column[]): OneRow {
  return (record) => {
    const row: Record<string, CellValue> = {};
    for (const { name, read, isKey, mayBeEmpty } of columns) {
      const value = read(record);
      if (isFault(value)) return new MappingFault(name, value.problem);
      if (isKey && value === null) return new MappingFault(name, 'a key column cannot be null');
      if (!mayBeEmpty && value === '') return new MappingFault(name, 'a partition key cannot be empty');
      row[name] = value;
    }
    return row;
  };
}

function writing(table: TableSpec, kind: RowWrite['kind'], map: OneRow): RowMapping {
  return (record, writetime, rows) => {
    const row = map(record);
    if (row instanceof MappingFault) return row;
    rows.push({ table, kind, row, writetime });
    return undefined;
  };
}

type FromRank = (first: number, ...args: Parameters<RowMapping>) => MappingFault | undefined;

/** Deletes the rows from rank `first` to the last one. */
function ranks(remove: RowMapping, max: number): FromRank {
  return (first, record, writetime, rows) => {
    record.entry = null;
    for (record.rank = first; record.rank <= max; record.rank++) {
      const fault = remove(record, writetime, rows);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function exploding({ list, max }: Explosion, upsert: RowMapping, remove: FromRank): RowMapping {
  const read = pathReader(list);
  return (record, writetime, rows) => {
    const entries = read(record);
    if (entries === undefined) return new MappingFault(list, 'it is not there');
    if (!Array.isArray(entries)) return new MappingFault(list, `it is ${kindOf(entries)}, not a list`);
    if (entries.length > max) return new MappingFault(list, `it has ${entries.length} elements; ${max} are the most`);
    for (let i = 0; i < entries.length; i++) {
      record.entry = entries[i];
      record.rank = i + 1;
      const fault = upsert(record, writetime, rows);
      if (fault !== undefined) return fault;
    }
    return remove(entries.length + 1, record, writetime, rows);
  };
}
