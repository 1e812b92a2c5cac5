import { millraceError } from '@millrace/base';
import type { OperatorMetrics } from '@millrace/operators';
import {
  duplicatesAccess,
  JoinWindowStore,
  KeyValueStore,
  keyValueAccess,
  sessionAccess,
  SpanStore,
  spanWindows,
  timestampedKeyValueAccess,
  timestampedWindowAccess,
  versionedAccess,
  VersionedStore,
  windowAccess,
  WindowStore,
  type RecordContext,
  type WindowRows,
} from '@millrace/state';
import type { ReadOnlyKeyValueStore, StoreSpec } from '@millrace/topology';

/** A store of a task as processors see it. */
export function storeAccess(
  { name, kind, timestamped = true, persistent, window }: StoreSpec,
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
  const rows = windowRows(store, window?.sizeMs ?? 0);
  if (rows !== undefined) return timestamped ? timestampedWindowAccess(rows, options) : windowAccess(rows, options);
  throw millraceError('MR_RUNTIME_NOT_YET', { what: `the store ${name} in a processor` });
}

function windowRows(store: unknown, sizeMs: number): WindowRows | undefined {
  if (store instanceof SpanStore) return spanWindows(store, sizeMs);
  return store instanceof WindowStore ? store : undefined;
}

/** The same without what changes it. */
export function readOnly(access: unknown): ReadOnlyKeyValueStore<unknown, unknown> {
  const { name, get, range, reverseRange, all, reverseAll, prefixScan } = access as ReadOnlyKeyValueStore<
    unknown,
    unknown
  >;
  return { name, get, range, reverseRange, all, reverseAll, prefixScan };
}
