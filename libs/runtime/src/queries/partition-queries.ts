/** Asks each partition of a store, and says of each what came of it. */
import { MillraceError, type Clock } from '@millrace/base';
import type { StoreSpec } from '@millrace/topology';
import { localPartition, type LocalPartition } from './local-partitions.ts';
import type { QueriedTask } from './local-tasks.ts';
import {
  isUpTo,
  type FailureReason,
  type Position,
  type QueryResult,
  type StateQueryRequest,
  type StateQueryResult,
} from './state-query.ts';
import type { StoreReader } from './store-reader.ts';

export interface AskedStore {
  readonly spec: StoreSpec;
  readonly clock: Clock;
  readonly reader: (partition: LocalPartition) => StoreReader;
  /** Of a global store: the whole of it. */
  readonly global: (() => LocalPartition) | undefined;
  readonly partitions: number;
  /** Topics whose offsets a position bound may name. */
  readonly inputs: readonly string[];
  readonly tasks: readonly QueriedTask[];
}

type Failure = QueryResult<never> & { readonly isSuccess: false };

export async function askPartitions<R>(request: StateQueryRequest<R>, store: AskedStore): Promise<StateQueryResult<R>> {
  const { tasks, global } = store;
  const wanted =
    global === undefined ? (request.partitions ?? [...new Set(tasks.map(({ partition }) => partition))]) : [-1];
  const results = await Promise.all(
    wanted.map(async (partition) => [partition, await askPartition(request, store, partition)] as const),
  );
  const partitionResults = new Map(results);
  const found = results.filter(([, result]) => result.isSuccess && result.result !== null).map(([, result]) => result);
  return { partitionResults, onlyPartitionResult: found.length === 1 ? found[0] : undefined };
}

async function askPartition<R>(
  request: StateQueryRequest<R>,
  store: AskedStore,
  partition: number,
): Promise<QueryResult<R>> {
  const { query, positionBound, executionInfo = false } = request;
  const { spec, clock, reader } = store;
  const beganMs = clock.monotonic();
  const info = (): readonly string[] =>
    executionInfo ? [`${query.type} of ${spec.name}-${partition}: ${(clock.monotonic() - beganMs).toFixed(3)} ms`] : [];
  const failed = (failureReason: FailureReason, failureMessage: string): Failure => ({
    isSuccess: false,
    failureReason,
    failureMessage,
    executionInfo: info(),
  });
  if (!query.accepts(spec)) return failed('UNKNOWN_QUERY_TYPE', `The store ${spec.name} does not know ${query.type}.`);
  try {
    const place = placeOf(request, store, partition);
    if ('failureReason' in place) return failed(place.failureReason, place.failureMessage);
    const { found, position } = place;
    const inputs = store.inputs.map((topic) => ({ topic, partition }));
    if (positionBound !== undefined && store.global === undefined && !isUpTo(positionBound, position, inputs))
      return failed('NOT_UP_TO_BOUND', `Partition ${partition} of ${spec.name} has not come to the bound yet.`);
    const result = await query.ask(spec, reader(found));
    return { isSuccess: true, result, position, executionInfo: info() };
  } catch (thrown) {
    if (MillraceError.is(thrown) && thrown.severity === 'retriable') return failed('NOT_PRESENT', thrown.message);
    return failed('STORE_EXCEPTION', thrown instanceof Error ? thrown.message : String(thrown));
  }
}

type Place =
  | { readonly found: LocalPartition; readonly position: Position | undefined }
  | { readonly failureReason: FailureReason; readonly failureMessage: string };

function placeOf(
  { requireActive = false }: StateQueryRequest<unknown>,
  { spec, tasks, global, partitions }: AskedStore,
  partition: number,
): Place {
  if (global !== undefined) return { found: global(), position: undefined };
  const what = `Partition ${partition} of ${spec.name}`;
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions)
    return { failureReason: 'DOES_NOT_EXIST', failureMessage: `${what} does not exist; there are ${partitions}.` };
  const here = tasks.filter((task) => task.partition === partition);
  const task = here.find(({ phase }) => phase === 'running') ?? here.find(({ phase }) => phase !== 'opening');
  if (task === undefined) return { failureReason: 'NOT_PRESENT', failureMessage: `${what} is not on this instance.` };
  if (requireActive && task.phase !== 'running')
    return { failureReason: 'NOT_ACTIVE', failureMessage: `${what} is not active on this instance.` };
  return { found: localPartition(spec, task), position: task.position() };
}
