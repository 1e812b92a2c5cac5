/** What a field is when it is absent, and whether a value is that. */
import { Buffer } from 'node:buffer';
import type { Field } from './field.ts';

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Makes the default value of a field; arrays and structs are new each time, so that a receiver may change them. */
export function defaultValue(field: Field): unknown {
  const { options, kind } = field;
  if (options.default !== undefined) return options.default;
  if (options.nullable !== undefined) return null;
  if (kind === 'array') return [];
  if (kind === 'struct') return defaultStruct(field);
  if (kind === 'string') return '';
  if (kind === 'uuid') return ZERO_UUID;
  if (kind === 'boolean') return false;
  return kind === 'bytes' || kind === 'records' ? Buffer.alloc(0) : 0;
}

function defaultStruct(field: Field): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const key in field.fields) value[key] = defaultValue(field.fields[key] as Field);
  return value;
}

/** Whether a value given for encoding says no more than the default does. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true;
  const { options, kind } = field;
  if (options.default !== undefined) return value === options.default;
  if (options.nullable !== undefined || value === null) return value === null;
  if (kind === 'array' || kind === 'bytes' || kind === 'records') return (value as ArrayLike<unknown>).length === 0;
  if (kind !== 'struct') return value === defaultValue(field);
  for (const key in field.fields) {
    if (!isDefault(field.fields[key] as Field, (value as Record<string, unknown>)[key])) return false;
  }
  return true;
}
