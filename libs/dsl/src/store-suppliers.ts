/**
 * The JVM library's store suppliers by their names there, as parts of `Materialized` and of store declarations: they say name and kind of a store.
 * @example builder.table('prices', {}, { ...Stores.persistentVersionedKeyValueStore('prices', '1d'), value: Serdes.double() });
 */
import type { Duration } from '@millrace/base';
import type { VersionedOptions } from './store-kind.ts';

/** A store with versions: what `Materialized` and `Stores.versionedKeyValueStore` take. */
export interface VersionedSupplier {
  /** Of the store; its changelog is named after it. */
  readonly name: string;
  /** How far its history reaches. */
  readonly versioned: VersionedOptions;
}

/** A store by key: what `Materialized` takes. */
export interface KeyValueSupplier {
  /** Of the store; its changelog is named after it. */
  readonly name: string;
  /** In memory instead of on disk. */
  readonly inMemory?: boolean;
  /** False: without a record cache rows lose their time. */
  readonly keepsTimestamps?: boolean;
}

/** A store by key that keeps so many rows at most. */
export interface LruSupplier {
  /** Of the store; its changelog is named after it. */
  readonly name: string;
  /** Rows at most. */
  readonly maxEntries: number;
}

/** A store of windows or sessions: what `Materialized` of windows takes. */
export interface WindowSupplier extends KeyValueSupplier {
  /** How long rows are kept, in event time, whatever the windows need. */
  readonly storeRetention: Duration;
}

export const storeSuppliers = {
  /** Rows by key in memory, restored from the changelog at every start. */
  inMemoryKeyValueStore: (name: string): KeyValueSupplier => ({ name, inMemory: true }),

  /** Rows by key on disk, as plain stores have them: a table that is kept in one without a record cache loses the time of its rows. */
  persistentKeyValueStore: (name: string): KeyValueSupplier => ({ name, keepsTimestamps: false }),

  /** Rows by key and time on disk: what tables are kept in without saying anything. */
  persistentTimestampedKeyValueStore: (name: string): KeyValueSupplier => ({ name }),

  /** The rows used last, so many at most, in memory. Throws MR_TOPOLOGY_STORE_KIND, where it is used, when that is no number of rows. */
  lruMap: (name: string, maxEntries: number): LruSupplier => ({ name, maxEntries }),

  /** Windows in memory, kept so long in event time. */
  inMemoryWindowStore: (name: string, retention: Duration): WindowSupplier => ({
    name,
    inMemory: true,
    storeRetention: retention,
  }),

  /** Windows on disk, as plain stores have them: without a record cache their rows lose their time. */
  persistentWindowStore: (name: string, retention: Duration): WindowSupplier => ({
    name,
    keepsTimestamps: false,
    storeRetention: retention,
  }),

  /** Windows with the time of their rows on disk: what windowed tables are kept in without saying anything. */
  persistentTimestampedWindowStore: (name: string, retention: Duration): WindowSupplier => ({
    name,
    storeRetention: retention,
  }),

  /** Sessions in memory, kept so long in event time. */
  inMemorySessionStore: (name: string, retention: Duration): WindowSupplier => ({
    name,
    inMemory: true,
    storeRetention: retention,
  }),

  /** Sessions on disk, kept so long in event time. */
  persistentSessionStore: (name: string, retention: Duration): WindowSupplier => ({ name, storeRetention: retention }),

  /**
   * Rows with the values they had as far back as `historyRetention`, in event time (KIP-889); later ones are taken in just as far back. The history is
   * forgotten in pieces of `segmentInterval`. Throws MR_TOPOLOGY_STORE_KIND, where it is used, for an interval below 1 ms.
   */
  persistentVersionedKeyValueStore: (
    name: string,
    historyRetention: Duration,
    segmentInterval?: Duration,
  ): VersionedSupplier => ({
    name,
    versioned: { history: historyRetention, ...(segmentInterval === undefined ? {} : { segmentInterval }) },
  }),
};
