import { millraceError } from '@millrace/base';
import type { OperatorMetrics } from '@millrace/operators';
import {
  duplicatesAccess,
  headless,
  JoinWindowStore,
  KeyValueStore,
  keyValueAccess,
  keyValueWithHeadersAccess,
  sessionAccess,
  sessionWithHeadersAccess,
  SpanStore,
  spanWindows,
  timestampedKeyValueAccess,
  timestampedWindowAccess,
  versionedAccess,
  VersionedStore,
  windowAccess,
  windowWithHeadersAccess,
  WindowStore,
  type RecordContext,
  type WindowRows,
} from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';

/** A store as somebody sees it. */
export interface SeenStore extends StoreSpec {
  /** Rows with headers are seen as those of a plainer store. @default false */
  readonly hidesHeaders?: boolean;
}

/** A store of a task as processors see it. */
export function storeAccess(
  { name, kind, timestamped = true, persistent, window, keepsHeaders = false, hidesHeaders = false }: SeenStore,
  store: unknown,
  context: RecordContext,
  metrics: OperatorMetrics,
): unknown {
  const time = (): number => context.timestamp;
  const showsHeaders = keepsHeaders && !hidesHeaders;
  const kept = keepsHeaders ? headless : undefined;
  if (store instanceof KeyValueStore) {
    if (showsHeaders) return keyValueWithHeadersAccess(name, store, time);
    return timestamped ? timestampedKeyValueAccess(name, store, time, kept) : keyValueAccess(name, store, time, kept);
  }
  if (store instanceof SpanStore && kind === 'session')
    return showsHeaders ? sessionWithHeadersAccess(name, store, time) : sessionAccess(name, store, time, kept);
  if (store instanceof VersionedStore) return versionedAccess(name, store);
  const options = { name, time, isInMemory: !persistent, expired: () => metrics.dropped(name) };
  if (store instanceof JoinWindowStore) return duplicatesAccess(store, options);
  const rows = windowRows(store, window?.sizeMs ?? 0);
  if (rows === undefined) throw millraceError('MR_RUNTIME_NOT_YET', { what: `the store ${name} in a processor` });
  if (showsHeaders) return windowWithHeadersAccess(rows, options);
  return timestamped ? timestampedWindowAccess(rows, options, kept) : windowAccess(rows, options, kept);
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
