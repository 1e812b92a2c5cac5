/** Values as a column takes them. What does not fit is refused: nothing is rounded, cut or turned into text by guess. */
import type { CellValue, ColumnType } from '@millrace/ports';

/** The largest instant of a JavaScript date, and so of the drivers'. */
const instantMax = 8.64e15;

/** The cell, or undefined when the value is not one of the type. Null stays null. */
export function cellOf(type: ColumnType, value: unknown): CellValue | undefined {
  if (value === null) return null;
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'double':
      return typeof value === 'number' ? value : undefined;
    case 'int':
      return integer(value, -0x8000_0000, 0x7fff_ffff);
    case 'timestamp':
      return integer(value, -instantMax, instantMax);
    case 'bigint':
      return bigintCell(value);
    case 'blob':
      return value instanceof Uint8Array ? value : undefined;
  }
}

function integer(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isInteger(number) && (number as number) >= min && (number as number) <= max
    ? (number as number)
    : undefined;
}

function bigintCell(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : undefined;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}

/** The kind of a value for a message, never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a record' : `a ${typeof value}`;
}
