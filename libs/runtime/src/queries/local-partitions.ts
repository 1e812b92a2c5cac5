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
import type { CopyLag } from '../standby/standby-tasks.ts';
import { mergedRows, orderOf, reversed } from './merged-rows.ts';

/** A store of one task that can be read now. */
export interface LocalPartition {
  readonly partition: number;
  readonly store: ReadableStore;
  /** The task that had it is closed, or begins again. */
  isGone(): boolean;
}

/** A task of this process with the store in question, whatever it is doing. */
export interface LocalTask {
  readonly text: string;
  readonly partition: number;
  /** `standby`: it follows the changelog. */
  readonly phase: 'opening' | 'restoring' | 'running' | 'standby';
  store(name: string): StateStore | undefined;
  isGone(): boolean;
  /** How far behind a copy is; undefined when that is not known. */
  lag(store: string): CopyLag | undefined;
}

/** Which partitions are read, and how far behind they may be. */
export interface Reach {
  readonly partition: number | null;
  /** Also copies that are behind: standby tasks, and tasks that are being restored. */
  readonly stale: boolean;
  /** By so many offsets of the changelog at most. */
  readonly maxLag: number;
  /** By so much time at most, ms. */
  readonly maxAgeMs: number;
}

/** So long at most is the event loop held by one read. */
const sliceMs = 5;

/** The partitions that answer a read. Throws MR_QUERY_REBALANCING, MR_QUERY_STORE_NOT_HERE or MR_QUERY_STALE. */
export function localPartitions(spec: StoreSpec, tasks: readonly LocalTask[], reach: Reach): readonly LocalPartition[] {
  const { name: store } = spec;
  const { partition, stale } = reach;
  const wanted = tasks.filter((task) => partition === null || task.partition === partition);
  const running = wanted.filter(({ phase }) => phase === 'running');
  const rest = wanted.filter((task) => !running.some((one) => one.partition === task.partition));
  const copies = stale ? rest.filter(({ phase }) => phase !== 'opening') : [];
  const unready = rest.filter(({ phase }) => phase === 'opening' || (phase === 'restoring' && !stale));
  if (unready.length > 0)
    throw millraceError('MR_QUERY_REBALANCING', { store, tasks: unready.map(({ text }) => text) });
  if (running.length + copies.length === 0) throw millraceError('MR_QUERY_STORE_NOT_HERE', { store, partition });
  for (const copy of copies) requireFresh(store, copy, reach);
  return [...running, ...copies].map((task) => localPartition(spec, task));
}

/** Throws MR_QUERY_STORE_NOT_QUERYABLE. */
export function localPartition({ name, kind }: StoreSpec, task: LocalTask): LocalPartition {
  const store = task.store(name);
  if (store === undefined || !isReadable(store))
    throw millraceError('MR_QUERY_STORE_NOT_QUERYABLE', { store: name, kind });
  return { partition: task.partition, store, isGone: () => task.isGone() };
}

function requireFresh(store: string, copy: LocalTask, { maxLag, maxAgeMs }: Reach): void {
  if (maxLag === Infinity && maxAgeMs === Infinity) return;
  const { records = Infinity, ageMs = Infinity } = copy.lag(store) ?? {};
  const { partition } = copy;
  const known = (lag: number, unit: string): string =>
    lag === Infinity ? 'an unknown lag' : `${Math.ceil(lag)} ${unit}`;
  const stale = (lag: string, allowed: string): never => {
    throw millraceError('MR_QUERY_STALE', { store, partition, lag, allowed });
  };
  if (records > maxLag) stale(known(records, 'records'), `${maxLag} records`);
  if (ageMs > maxAgeMs) stale(known(ageMs, 'ms'), `${maxAgeMs} ms`);
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
  readonly turns: QueryTurns;
}

/** Reads of stores in memory never wait for anything: without this a caller that asks again and again would keep the event loop to itself. */
export class QueryTurns {
  readonly #clock: Clock;
  #reads = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something to wait for with every 64th read. */
  next(): Promise<void> | undefined {
    return ++this.#reads % 64 === 0 ? this.#clock.sleep(0) : undefined;
  }
}

/** Rows of partitions that are here, in the order of the store. Of one key the first partition that has it answers, as in the JVM. */
export async function* localRows(
  { spec, isolation, clock, turns }: LocalRead,
  partitions: readonly LocalPartition[],
  read: StoreRead,
): AsyncGenerator<readonly ReadRow[], void, undefined> {
  await turns.next();
  const each = partitions.map((one) => checkedRows(spec.name, one, read, isolation));
  if (read.type === 'key' || read.type === 'versions') {
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
