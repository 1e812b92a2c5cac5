/** `mat` of a step as the DSL's `Materialized`. */
import type { Materialized, UnversionedMaterialized } from '@millrace/dsl';
import { serdeOptions } from '../case-serdes.ts';
import { optionsOf } from './step-options.ts';
import { supplied } from './suppliers.ts';

type Given = Readonly<Record<string, unknown>>;

export function materialized(mat: unknown): Materialized<unknown, unknown> {
  if (mat === undefined) return {};
  const given = mat as Given;
  const { store, type, logging, retentionMs, supplier } = given;
  return {
    ...(supplier === undefined ? (store === undefined ? {} : { name: String(store) }) : supplied(supplier as Given)),
    ...(type === undefined ? {} : { inMemory: type === 'inMemory' }),
    ...serdeOptions(given),
    ...optionsOf(given, ['caching']),
    ...(logging === undefined ? {} : { logging: logging !== false }),
    ...(typeof logging === 'object' && logging !== null ? { logConfig: logging as Record<string, string> } : {}),
    ...(retentionMs === undefined ? {} : { retention: Number(retentionMs) }),
  };
}

/** The same for windows, sessions and global tables: what the types refuse is left to the library to refuse. */
export function unversioned(mat: unknown): UnversionedMaterialized<unknown, unknown> {
  return materialized(mat) as UnversionedMaterialized<unknown, unknown>;
}
