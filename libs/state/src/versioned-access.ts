/** Versioned stores as processors see them. */
import type { VersionedKeyValueStore as Access, VersionedRecord } from '@millrace/topology';
import { notPut, type VersionedStore } from './versioned-store.ts';

export function versionedAccess(name: string, store: VersionedStore): Access<unknown, unknown> {
  const versionAt = (key: unknown, asOf: number): VersionedRecord<unknown> | null => {
    const found = store.versionAt(key, asOf);
    return found === undefined ? null : { value: found.value, timestamp: found.timestamp };
  };
  return {
    name,
    put: (key, value, timestamp) => store.write(key, value, timestamp),
    delete: (key, timestamp) => {
      const found = versionAt(key, timestamp);
      return store.write(key, null, timestamp) === notPut ? null : found;
    },
    get: (key, asOf) => {
      if (asOf !== undefined) return versionAt(key, asOf);
      const { value, timestamp } = store.row(key);
      return value === null ? null : { value, timestamp };
    },
  };
}
