/** The partitions of stores that this process has, read from beside their tasks. */
import { millraceError, type Clock } from '@millrace/base';
import {
  isReadable,
  type IsolationLevel,
  type ReadRow,
  type ReadableStore,
  type StateStore,
  type StoreRead,
} from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';
import type { TaskSlot } from '../task-slot.ts';
import { mergedRows, orderOf, reversed } from './merged-rows.ts';

/** A store of one task that can be read now. */
export interface LocalPartition {
  readonly partition: number;
  readonly store: ReadableStore;
  /** The task that had it is closed, or begins again. */
  isGone(): boolean;
}

/** Which partitions are read, and how far behind they may be. */
export interface Reach {
  readonly partition: number | null;
  /** Also copies that are behind: standby tasks, and tasks that are being restored. */
  readonly stale: boolean;
}

/** Tasks that have a store, as far as they are. */
export interface StoreTasks {
  readonly spec: StoreSpec;
  readonly slots: readonly TaskSlot[];
}

/** So long at most is the event loop held by one read. */
const sliceMs = 5;

/** The partitions that answer a read. Throws MR_QUERY_REBALANCING or MR_QUERY_STORE_NOT_HERE. */
export function localPartitions({ spec, slots }: StoreTasks, { partition, stale }: Reach): readonly LocalPartition[] {
  const store = spec.name;
  const wanted = slots.filter(
    ({ id, phase }) => phase !== 'gone' && (partition === null || id.partition === partition),
  );
  const isOpen = ({ phase }: TaskSlot): boolean => phase === 'running' || (stale && phase === 'restoring');
  const unready = wanted.filter((slot) => !isOpen(slot));
  if (unready.length > 0)
    throw millraceError('MR_QUERY_REBALANCING', { store, tasks: unready.map(({ text }) => text) });
  if (wanted.length === 0) throw millraceError('MR_QUERY_STORE_NOT_HERE', { store, partition });
  return wanted.map((slot) => {
    const found = slot.task?.store(store);
    if (found === undefined || !isReadable(found))
      throw millraceError('MR_QUERY_STORE_NOT_QUERYABLE', { store, kind: spec.kind });
    return { partition: slot.id.partition, store: found, isGone: () => slot.phase === 'gone' };
  });
}

/** A global store, which has no partitions. Throws MR_QUERY_REBALANCING before it is up to date. */
export function globalPartition({ name, kind }: StoreSpec, stored: () => StateStore | undefined): LocalPartition {
  const store = stored();
  if (store === undefined) throw millraceError('MR_QUERY_REBALANCING', { store: name, tasks: ['the global stores'] });
  if (!isReadable(store)) throw millraceError('MR_QUERY_STORE_NOT_QUERYABLE', { store: name, kind });
  return { partition: -1, store, isGone: () => stored() !== store };
}

export interface LocalRead {
  readonly spec: StoreSpec;
  readonly isolation: IsolationLevel;
  readonly clock: Clock;
}

/** Rows of partitions that are here, in the order of the store. Of one key the first partition that has it answers, as in the JVM. */
export async function* localRows(
  { spec, isolation, clock }: LocalRead,
  partitions: readonly LocalPartition[],
  read: StoreRead,
): AsyncGenerator<readonly ReadRow[], void, undefined> {
  const each = partitions.map((one) => checkedRows(spec.name, one, read, isolation));
  if (read.type === 'key') {
    for (const rows of each) for await (const chunk of rows) if (chunk.length > 0) return yield chunk;
    return;
  }
  const order = orderOf(spec);
  let sinceMs = clock.monotonic();
  for await (const chunk of mergedRows(each, read.reverse ? reversed(order) : order)) {
    yield chunk;
    if (clock.monotonic() - sinceMs < sliceMs) continue;
    await clock.sleep(0);
    sinceMs = clock.monotonic();
  }
}

/** What a task that has gone meanwhile leaves behind is no answer. */
async function* checkedRows(
  store: string,
  { partition, store: readable, isGone }: LocalPartition,
  read: StoreRead,
  isolation: IsolationLevel,
): AsyncGenerator<readonly ReadRow[], void, undefined> {
  try {
    for await (const chunk of readable.read(read, isolation)) {
      if (isGone()) break;
      yield chunk;
    }
  } catch (cause) {
    if (!isGone()) throw cause;
    throw millraceError('MR_QUERY_STORE_MIGRATED', { store, partition }, cause);
  }
  if (isGone()) throw millraceError('MR_QUERY_STORE_MIGRATED', { store, partition });
}
