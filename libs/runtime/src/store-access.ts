import { millraceError } from '@millrace/base';
import {
  KeyValueStore,
  keyValueAccess,
  timestampedKeyValueAccess,
  type RecordContext,
  type StateStore,
} from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';

/** A store of a task as processors see it. */
export function storeAccess(spec: StoreSpec, store: StateStore, context: RecordContext): unknown {
  const { name, timestamped = true } = spec;
  const time = (): number => context.timestamp;
  if (store instanceof KeyValueStore)
    return timestamped ? timestampedKeyValueAccess(name, store, time) : keyValueAccess(name, store, time);
  throw millraceError('MR_RUNTIME_NOT_YET', { what: `the store ${name} in a processor` });
}
