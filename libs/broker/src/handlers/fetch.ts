/** Fetch: reads batches, and waits for more when there is not enough (long polling). Sessions are not kept (KIP-227 lets a broker). */
import { errorCodes } from '@millrace/protocol';
import { leaderEpoch, type AppendListener, type Partition } from '../partition.ts';
import type { Topic } from '../topics.ts';
import type { BrokerState, Handlers, Reply, RequestContext } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type FetchTopic = Request<'Fetch'>['topics'][number];
type FetchPartition = FetchTopic['partitions'][number];
type TopicAnswer = NonNullable<Response<'Fetch'>['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number];

/** What a reading of all partitions gave. */
interface Reading {
  readonly responses: readonly TopicAnswer[];
  readonly sizeBytes: number;
  readonly hasErrors: boolean;
}

/** What is left of the limits of a request while its partitions are read in order. */
interface Room {
  bytes: number;
  nothingYet: boolean;
  hasErrors: boolean;
}

const firstVersionWithIds = 13;
const readCommitted = 1;

/** Fetch. */
export function fetchHandlers(state: BrokerState): Handlers {
  return { Fetch: (request, context, reply) => fetch(state, request, context, reply) };
}

function fetch(state: BrokerState, request: Request<'Fetch'>, context: RequestContext, reply: Reply<'Fetch'>): void {
  if (request.sessionId !== 0) return reply({ errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND });
  const reading = read(state, request, context.version);
  if (isEnough(reading, request)) return reply({ responses: reading.responses });
  wait(state, request, context, { reply, missingBytes: request.minBytes - reading.sizeBytes });
}

function isEnough({ sizeBytes, hasErrors }: Reading, { topics, minBytes, maxWaitMs }: Request<'Fetch'>): boolean {
  return hasErrors || sizeBytes >= minBytes || maxWaitMs <= 0 || topics.length === 0;
}

/** Reads again when so many bytes have been appended that it may be enough, or when the time is over. */
function wait(
  state: BrokerState,
  request: Request<'Fetch'>,
  context: RequestContext,
  { reply, missingBytes }: { readonly reply: Reply<'Fetch'>; readonly missingBytes: number },
): void {
  const partitions = [...partitionsOf(state, request, context.version)];
  let missing = missingBytes;
  const listener: AppendListener = (sizeBytes) => {
    missing -= sizeBytes;
    if (missing > 0 && sizeBytes > 0) return;
    const reading = read(state, request, context.version);
    if (isEnough(reading, request)) finish(reading);
    // Of what was appended, read_committed may not have all yet: the next marker brings it.
    else missing = request.isolationLevel === readCommitted ? 0 : request.minBytes - reading.sizeBytes;
  };
  const stop = (): void => {
    timer.cancel();
    for (const partition of partitions) partition.unlisten(listener);
  };
  const finish = ({ responses }: Reading): void => {
    stop();
    reply({ responses });
  };
  const timer = state.timers.after(request.maxWaitMs, () => finish(read(state, request, context.version)));
  for (const partition of partitions) partition.listen(listener);
  context.whenClosed(stop);
}

function* partitionsOf(state: BrokerState, request: Request<'Fetch'>, version: number): Generator<Partition> {
  for (const wanted of request.topics) {
    const topic = topicOf(state, wanted, version);
    for (const { partition } of wanted.partitions) {
      const found = topic?.partitions[partition];
      if (found !== undefined) yield found;
    }
  }
}

function topicOf({ topics }: BrokerState, { topic, topicId }: FetchTopic, version: number): Topic | undefined {
  return version >= firstVersionWithIds ? topics.byId(topicId) : topics.get(topic);
}

function read(state: BrokerState, request: Request<'Fetch'>, version: number): Reading {
  const room: Room = { bytes: request.maxBytes, nothingYet: true, hasErrors: false };
  const isCommitted = request.isolationLevel === readCommitted;
  const responses = request.topics.map((wanted) => {
    const topic = topicOf(state, wanted, version);
    const unknown =
      version >= firstVersionWithIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    const partitions = wanted.partitions.map((one) => {
      const partition = topic?.partitions[one.partition];
      const missing = topic === undefined ? unknown : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      const errorCode = partition === undefined ? missing : fault(partition, one);
      if (errorCode !== 0) room.hasErrors = true;
      return partition === undefined || errorCode !== 0
        ? failed(one.partition, errorCode)
        : readPartition(partition, one, { isCommitted, room });
    });
    return { topic: wanted.topic, topicId: wanted.topicId, partitions };
  });
  return { responses, sizeBytes: request.maxBytes - room.bytes, hasErrors: room.hasErrors };
}

function fault({ log }: Partition, { fetchOffset, currentLeaderEpoch }: FetchPartition): number {
  if (currentLeaderEpoch > leaderEpoch) return errorCodes.UNKNOWN_LEADER_EPOCH;
  const isOutside = fetchOffset < log.startOffset || fetchOffset > log.endOffset;
  return isOutside ? errorCodes.OFFSET_OUT_OF_RANGE : errorCodes.NONE;
}

function failed(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: [] };
}

function readPartition(
  partition: Partition,
  { fetchOffset, partitionMaxBytes }: FetchPartition,
  { isCommitted, room }: { readonly isCommitted: boolean; readonly room: Room },
): PartitionAnswer {
  const { log, lastStableOffset, transactions } = partition;
  const until = isCommitted ? lastStableOffset : log.endOffset;
  const maxBytes = Math.min(partitionMaxBytes, room.bytes);
  const { chunks, sizeBytes, endOffset } = log.read({
    offset: fetchOffset,
    until,
    maxBytes,
    atLeastOne: room.nothingYet,
  });
  room.bytes -= sizeBytes;
  if (sizeBytes > 0) room.nothingYet = false;
  const aborted = isCommitted && sizeBytes > 0 ? transactions.aborted(fetchOffset, endOffset) : [];
  return {
    partitionIndex: partition.index,
    highWatermark: log.endOffset,
    lastStableOffset,
    logStartOffset: log.startOffset,
    abortedTransactions: isCommitted
      ? aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
      : null,
    records: chunks,
  };
}
