/** Column sources compiled into functions: from a record to the value it gives a column. */
import { invariant } from '@millrace/base';
import type { CellValue, ColumnType } from '@millrace/ports';
import { cellOf, kindOf } from './cell.ts';
import type { ColumnSource } from './config.ts';
import { instantFormat } from './instant-format.ts';

/** A record as sources see it. One object is used for all records: nothing may keep it. */
export interface SourceRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  key: unknown;
  value: unknown;
  /** Element of an exploded list, and its place from 1. */
  entry: unknown;
  rank: number;
}

/** What is wrong with a value of a column. */
export interface ValueFault {
  readonly problem: string;
}

/** Reads a path. Undefined: it leads nowhere. */
export type PathReader = (record: SourceRecord) => unknown;

/** `value.user.name`: own properties only, and a null on the way is the result. */
export function pathReader(path: string): PathReader {
  const [root, ...steps] = path.split('.') as [keyof SourceRecord, ...string[]];
  if (steps.length === 0) return (record) => record[root];
  return (record) => {
    let at: unknown = record[root];
    for (const step of steps) {
      if (at === null) return null;
      if (typeof at !== 'object' || !Object.hasOwn(at as object, step)) return undefined;
      at = (at as Readonly<Record<string, unknown>>)[step];
    }
    return at;
  };
}

/** The value of a column of the type, or what is wrong with it. */
export type ColumnReader = (record: SourceRecord) => CellValue | ValueFault;

export function columnReader(source: ColumnSource, type: ColumnType): ColumnReader {
  if ('constant' in source) {
    const cell = cellOf(type, source.constant);
    invariant(cell !== undefined, 'the configuration was checked');
    return () => cell;
  }
  const { from, format, optional = false } = source;
  const read = pathReader(from);
  const write = format === undefined ? undefined : instantFormat(format);
  return (record) => {
    const value = read(record);
    if (value === undefined) return optional ? null : { problem: `there is no ${from}` };
    const cell = write === undefined ? cellOf(type, value) : formatted(write, value);
    return cell ?? (value === null ? null : { problem: `${from} is ${kindOf(value)} that is no ${type}` });
  };
}

function formatted(write: (ms: number) => string, value: unknown): CellValue | undefined {
  const ms = cellOf('timestamp', value);
  return typeof ms === 'number' ? write(ms) : undefined;
}

export function isFault(value: CellValue | ValueFault): value is ValueFault {
  return typeof value === 'object' && value !== null && 'problem' in value;
}
