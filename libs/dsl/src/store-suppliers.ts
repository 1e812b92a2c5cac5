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

export const storeSuppliers = {
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
