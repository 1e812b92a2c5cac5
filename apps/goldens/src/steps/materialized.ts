/** `mat` of a step as the DSL's `Materialized`. */
import type { Materialized } from '@millrace/dsl';
import { serdeOptions } from '../case-serdes.ts';
import { notYet, optionsOf } from './step-options.ts';

type Given = Readonly<Record<string, unknown>>;

export function materialized(mat: unknown): Materialized<unknown, unknown> {
  if (mat === undefined) return {};
  const given = mat as Given;
  notYet(given, ['supplier']);
  const { store, type, logging, retentionMs } = given;
  return {
    ...(store === undefined ? {} : { name: String(store) }),
    ...(type === undefined ? {} : { inMemory: type === 'inMemory' }),
    ...serdeOptions(given),
    ...optionsOf(given, ['caching']),
    ...(logging === undefined ? {} : { logging: logging !== false }),
    ...(typeof logging === 'object' && logging !== null ? { logConfig: logging as Record<string, string> } : {}),
    ...(retentionMs === undefined ? {} : { retention: Number(retentionMs) }),
  };
}
