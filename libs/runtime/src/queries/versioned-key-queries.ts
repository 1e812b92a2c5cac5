/** Queries of versioned stores as data (KIP-960, KIP-968). Each call gives a query of its own; what it was made of stays as it is. */
import type { StoreSpec, VersionedRecord } from '@millrace/topology';
import type { QueryRows } from './query-rows.ts';
import type { ResultOrder, StateQuery } from './state-query.ts';
import { versionedQueries, type VersionsRange } from './versioned-queries.ts';

/** The version of a key that is the latest, or was valid at a time. */
export interface VersionedKeyQuery<V> extends StateQuery<VersionedRecord<V> | null> {
  /** The version that was valid at this time, ms. */
  asOf(time: number): VersionedKeyQuery<V>;
}

/** The versions of a key. */
export interface MultiVersionedKeyQuery<V> extends StateQuery<QueryRows<VersionedRecord<V>>> {
  /** Those that were valid at this time or later, ms. */
  fromTime(time: number): MultiVersionedKeyQuery<V>;
  /** Those that began at this time or earlier, ms. */
  toTime(time: number): MultiVersionedKeyQuery<V>;
  /** The earliest first. */
  withAscendingTimestamps(): MultiVersionedKeyQuery<V>;
  /** The latest first. */
  withDescendingTimestamps(): MultiVersionedKeyQuery<V>;
}

const accepts = ({ kind }: StoreSpec): boolean => kind === 'versioned';

function versionedKeyQuery<V>(key: unknown, asOf: number | undefined): VersionedKeyQuery<V> {
  return {
    type: 'VersionedKeyQuery',
    accepts,
    ask: ({ name }, reader) => versionedQueries(name, reader).get(key, asOf) as Promise<VersionedRecord<V> | null>,
    asOf: (time) => versionedKeyQuery(key, time),
  };
}

function multiVersionedKeyQuery<V>(key: unknown, range: VersionsRange): MultiVersionedKeyQuery<V> {
  const inOrder = (order: ResultOrder): MultiVersionedKeyQuery<V> => multiVersionedKeyQuery(key, { ...range, order });
  return {
    type: 'MultiVersionedKeyQuery',
    accepts,
    ask: ({ name }, reader) => versionedQueries(name, reader).versions(key, range) as QueryRows<VersionedRecord<V>>,
    fromTime: (from) => multiVersionedKeyQuery(key, { ...range, from }),
    toTime: (to) => multiVersionedKeyQuery(key, { ...range, to }),
    withAscendingTimestamps: () => inOrder('ascending'),
    withDescendingTimestamps: () => inOrder('descending'),
  };
}

/** One version of a key. */
export const VersionedKeyQuery = {
  /** The latest version; `asOf` asks for that of a time. */
  withKey: <K, V>(key: K): VersionedKeyQuery<V> => versionedKeyQuery(key, undefined),
} as const;

/** All versions of a key. */
export const MultiVersionedKeyQuery = {
  /** All that the history has; `fromTime` and `toTime` bound them. */
  withKey: <K, V>(key: K): MultiVersionedKeyQuery<V> => multiVersionedKeyQuery(key, {}),
} as const;
