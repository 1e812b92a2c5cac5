import { millraceError } from '@millrace/base';
import type { OperatorMetrics } from '@millrace/operators';
import {
  duplicatesAccess,
  JoinWindowStore,
  KeyValueStore,
  keyValueAccess,
  sessionAccess,
  SpanStore,
  timestampedKeyValueAccess,
  timestampedWindowAccess,
  versionedAccess,
  VersionedStore,
  windowAccess,
  WindowStore,
  type RecordContext,
} from '@millrace/state';
import type { ReadOnlyKeyValueStore, StoreSpec } from '@millrace/topology';

/** A store of a task as processors see it. */
export function storeAccess(
  { name, kind, timestamped = true, persistent }: StoreSpec,
  store: unknown,
  context: RecordContext,
  metrics: OperatorMetrics,
): unknown {
  const time = (): number => context.timestamp;
  if (store instanceof KeyValueStore)
    return timestamped ? timestampedKeyValueAccess(name, store, time) : keyValueAccess(name, store, time);
  if (store instanceof SpanStore && kind === 'session') return sessionAccess(name, store, time);
  if (store instanceof VersionedStore) return versionedAccess(name, store);
  const options = { name, time, isInMemory: !persistent, expired: () => metrics.dropped(name) };
  if (store instanceof JoinWindowStore) return duplicatesAccess(store, options);
  if (store instanceof WindowStore)
    return timestamped ? timestampedWindowAccess(store, options) : windowAccess(store, options);
  throw millraceError('MR_RUNTIME_NOT_YET', { what: `the store ${name} in a processor` });
}

/** The same without what changes it. */
export function readOnly(access: unknown): ReadOnlyKeyValueStore<unknown, unknown> {
  const { name, get, range, reverseRange, all, reverseAll, prefixScan } = access as ReadOnlyKeyValueStore<
    unknown,
    unknown
  >;
  return { name, get, range, reverseRange, all, reverseAll, prefixScan };
}
