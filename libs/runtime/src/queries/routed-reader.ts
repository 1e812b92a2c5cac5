/**
 * Reads a store wherever its partitions are: here, or on the instances that have them. Of one key the partition is known; ranges go to all of them, and
 * their rows are merged. As long as nothing of a partition has come, what fails is tried again: with a copy, where rows that are behind are allowed, and
 * with whoever has the partition by then.
 */
import { MillraceError, millraceError, type Clock } from '@millrace/base';
import { partitionForKey } from '@millrace/protocol';
import type { QueryNetwork } from '@millrace/ports';
import { keyOfRead, type IsolationLevel, type ReadRow, type StoreRead } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';
import type { ProcessView } from '../application/cluster-view.ts';
import type { Reach } from './local-partitions.ts';
import { mergedRows, orderOf, reversed } from './merged-rows.ts';
import { decodeAnswer, encodeRequest, type PartitionRequest } from './query-wire.ts';

export interface Route {
  readonly spec: StoreSpec;
  readonly isolation: IsolationLevel;
  readonly reach: Reach;
  readonly clock: Clock;
  readonly partitions: number;
  /** Who has a partition now: first the one that runs it, then those with a copy. */
  readonly holders: (partition: number) => {
    readonly active: ProcessView | undefined;
    readonly standbys: readonly ProcessView[];
  };
  readonly isOwn: (process: ProcessView) => boolean;
  readonly local: (request: PartitionRequest) => AsyncIterable<readonly ReadRow[]>;
  /** Undefined: other instances cannot be asked. */
  readonly network: QueryNetwork | undefined;
  /** Undefined: by the hash of the key's bytes. */
  readonly partitionOf: ((key: Uint8Array) => Promise<number>) | undefined;
  /** How long a partition is looked for, ms. */
  readonly timeoutMs: number;
}

type Rows = AsyncGenerator<readonly ReadRow[], void, undefined>;

const retryMs = 50;

export async function* routedRows(route: Route, read: StoreRead): Rows {
  const { spec, reach, partitions } = route;
  const key = keyOfRead(read);
  const one = reach.partition ?? (key === undefined ? undefined : await partitionOf(route, key));
  if (one !== undefined && !(one >= 0 && one < partitions))
    throw millraceError('MR_QUERY_PARTITION', { store: spec.name, partition: one, partitions });
  if (one !== undefined) return yield* partitionRows(route, read, one);
  const all = Array.from({ length: partitions }, (_, partition) => partitionRows(route, read, partition));
  const order = orderOf(spec);
  yield* mergedRows(all, read.type !== 'key' && read.reverse ? reversed(order) : order);
}

async function partitionOf({ partitionOf: chosen, partitions }: Route, key: Uint8Array): Promise<number> {
  return chosen === undefined ? partitionForKey(Buffer.from(key), partitions) : chosen(key);
}

/** Who is asked in one round, in order. */
function candidates({ holders, reach }: Route, partition: number): readonly ProcessView[] {
  const { active, standbys } = holders(partition);
  return [...(active === undefined ? [] : [active]), ...(reach.stale ? standbys : [])];
}

async function* partitionRows(route: Route, read: StoreRead, partition: number): Rows {
  const { spec, isolation, reach, clock, timeoutMs } = route;
  const { stale, maxLag, maxAgeMs } = reach;
  const request = { store: spec.name, partition, read, isolation, stale, maxLag, maxAgeMs };
  const untilMs = clock.monotonic() + timeoutMs;
  let last: unknown = millraceError('MR_QUERY_STORE_NOT_HERE', { store: spec.name, partition });
  for (;;) {
    for (const process of candidates(route, partition)) {
      const rows = rowsOf(route, process, request)[Symbol.asyncIterator]();
      const first = await rows.next().catch((thrown: unknown) => {
        if (!mayPass(thrown)) throw thrown;
        last = thrown;
      });
      if (first === undefined) continue;
      if (first.done === true) return;
      yield first.value;
      return yield* { [Symbol.asyncIterator]: () => rows };
    }
    if (clock.monotonic() >= untilMs) throw last;
    await clock.sleep(retryMs);
  }
}

function rowsOf(route: Route, process: ProcessView, request: PartitionRequest): AsyncIterable<readonly ReadRow[]> {
  if (route.isOwn(process)) return route.local(request);
  const { store } = request;
  if (process.host === null || route.network === undefined)
    throw millraceError('MR_QUERY_OFF', { store, partition: request.partition, host: process.host });
  return decodeAnswer(route.network.ask(process.host, encodeRequest(request)), process.host);
}

function mayPass(thrown: unknown): boolean {
  return MillraceError.is(thrown) && (thrown.severity === 'retriable' || thrown.code === 'MR_QUERY_STATE');
}
