import { millraceError } from '@millrace/base';
import type { VersionedRecord } from '@millrace/topology';
import type { QueryRows } from './query-rows.ts';
import { queryRows, type StoreReader } from './store-reader.ts';
import type { RowShape } from './store-serdes.ts';

/** Which versions of a row are read, and in which order. */
export interface VersionsRange {
  /** Versions that were valid at this time or later, ms. @default all that the history has */
  readonly from?: number;
  /** Versions that began at this time or earlier, ms. @default the latest one included */
  readonly to?: number;
  /** By the time at which they began. @default 'descending': the latest first */
  readonly order?: 'any' | 'ascending' | 'descending';
}

/**
 * A versioned store, read from outside (KIP-960, KIP-968). Every version comes with the time at which it was replaced, `validTo`, unless it is the latest.
 * What lies before the history is not there any more; the latest version always is.
 *
 * ```ts
 * const prices = streams.store('prices', QueryableStoreTypes.versioned<string, number>());
 * await prices.get('tea'); // { value: 3, timestamp: 20 }
 * await prices.get('tea', 15); // { value: 2, timestamp: 10, validTo: 20 }
 * ```
 */
export interface QueryableVersionedKeyValueStore<K, V> {
  /** Of the store. */
  readonly name: string;
  /** The latest version, or the one that was valid at a time (ms). Null when there was none, or when the time lies before the history. */
  get(key: K, asOf?: number): Promise<VersionedRecord<V> | null>;
  /** Versions of a key that were valid at some time of a range, both ends inclusive. Throws MR_QUERY_TIMES when it ends before it begins. */
  versions(key: K, range?: VersionsRange): QueryRows<VersionedRecord<V>>;
}

/** Beyond all times: only what is still valid then is the latest. */
const latest = Number.MAX_SAFE_INTEGER;
const first = Number.MIN_SAFE_INTEGER;

const version: RowShape<VersionedRecord<unknown>> = ({ timestamp, end }, _key, value) => ({
  value: value(),
  timestamp,
  ...(end < 0 ? {} : { validTo: end }),
});

export function versionedQueries(name: string, reader: StoreReader): QueryableVersionedKeyValueStore<unknown, unknown> {
  const versions = (
    key: unknown,
    { from = first, to = latest, order = 'descending' }: VersionsRange = {},
  ): QueryRows<VersionedRecord<unknown>> => {
    if (!(from <= to)) throw millraceError('MR_QUERY_TIMES', { store: name, from, to });
    const reverse = order !== 'ascending';
    return queryRows(
      reader,
      async () => ({ type: 'versions', key: await reader.serdes.keyBytes(key), from, to, reverse }),
      version,
    );
  };
  return { name, versions, get: (key, asOf = latest) => versions(key, { from: asOf, to: asOf }).first() };
}
