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
import type { StoreSpec } from '@millrace/topology';

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

const changes = ['put', 'putIfAbsent', 'putAll', 'delete', 'remove'] as const;

/** The same, without what changes it: that throws MR_RUNTIME_STORE_READ_ONLY. */
export function readOnly(access: unknown): object {
  const { name } = access as { readonly name: string };
  const refused = (): never => {
    throw millraceError('MR_RUNTIME_STORE_READ_ONLY', { store: name });
  };
  const own = changes.filter((method) => method in (access as object));
  return { ...(access as object), ...Object.fromEntries(own.map((method) => [method, refused])) };
}
