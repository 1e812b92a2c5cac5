/** Produce: checks batches, finds their transactions, appends. */
import { errorCodes, type BatchHeader } from '@millrace/protocol';
import type { Appended, Partition } from '../partition.ts';
import { producedBatch } from '../produced-batch.ts';
import type { Topic } from '../topics.ts';
import { admit, type TransactionSupport } from '../transactions/admission.ts';
import type { BrokerState, Handlers, Reply, RequestContext } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type PartitionAnswer = NonNullable<NonNullable<Response<'Produce'>['responses']>[number]['partitionResponses']>[number];
type Settle = (answer: Partial<PartitionAnswer>) => void;

interface Write {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly records: Buffer;
  readonly header: BatchHeader;
  readonly transactionalId: string | null;
  readonly version: number;
}

const firstVersionWithIds = 13;

/** Produce. */
export function produceHandlers(state: BrokerState): Handlers {
  return { Produce: (request, context, reply) => produce(state, request, context, reply) };
}

function produce(
  state: BrokerState,
  request: Request<'Produce'>,
  { version, cutOff }: RequestContext,
  reply: Reply<'Produce'>,
): void {
  const { acks, topicData, transactionalId } = request;
  let left = 1;
  let hasFailed = false;
  const responses = topicData.map(({ name, topicId, partitionData }) => {
    const topic = version >= firstVersionWithIds ? state.topics.byId(topicId) : state.topics.get(name);
    const partitionResponses = partitionData.map(({ index, records }) => {
      const answer: { -readonly [K in keyof PartitionAnswer]: PartitionAnswer[K] } = { index, baseOffset: -1 };
      left++;
      const settle: Settle = (outcome) => {
        Object.assign(answer, outcome);
        hasFailed ||= (outcome.errorCode ?? 0) !== 0;
        finish();
      };
      if (acks !== 0 && acks !== 1 && acks !== -1) settle({ errorCode: errorCodes.INVALID_REQUIRED_ACKS });
      else write(state, topic, { index, records, transactionalId, version }, settle);
      return answer;
    });
    return { name, topicId, partitionResponses };
  });
  function finish(): void {
    if (--left > 0) return;
    if (acks !== 0) reply({ responses });
    // There is no other way to tell a client that waits for no answer.
    else if (hasFailed) cutOff('Produce without acknowledgement failed.');
    else reply();
  }
  finish();
}

interface PartitionWrite {
  readonly index: number;
  readonly records: Buffer | null;
  readonly transactionalId: string | null;
  readonly version: number;
}

function write(state: BrokerState, topic: Topic | undefined, data: PartitionWrite, settle: Settle): void {
  const { records, transactionalId, version } = data;
  const partition = topic?.partitions[data.index];
  if (topic === undefined || partition === undefined) {
    const isUnknownId = version >= firstVersionWithIds && topic === undefined;
    return settle({
      errorCode: isUnknownId ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    });
  }
  const { settings } = topic;
  const batch = producedBatch(records, { version, transactionalId, settings, nowMs: state.timers.nowMs });
  if ('errorCode' in batch) return settle(batch);
  const { header } = batch;
  const one: Write = { topic, partition, records: records as Buffer, header, transactionalId, version };
  if (!header.isTransactional || partition.continuesTransaction(header)) return settle(append(state, one));
  const identity = {
    transactionalId: transactionalId as string,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
  };
  const candidate = { request: identity, participant: { topic, partition }, support: supportOf(version) };
  admit(state, candidate, (errorCode) => settle(errorCode === 0 ? append(state, one) : { errorCode }));
}

function append({ timers }: BrokerState, write: Write): Partial<PartitionAnswer> {
  const { topic, partition, records, header, version } = write;
  const bumpsEpoch = header.isTransactional && supportOf(version) === 'addsItself';
  const conditions = { nowMs: timers.nowMs, settings: topic.settings, bumpsEpoch };
  return answerOf(partition, partition.append(records, header, conditions));
}

function answerOf({ log }: Partition, { errorCode, baseOffset, logAppendTimeMs }: Appended): Partial<PartitionAnswer> {
  return errorCode === 0 ? { baseOffset, logAppendTimeMs, logStartOffset: log.startOffset } : { errorCode };
}

function supportOf(version: number): TransactionSupport {
  if (version >= 12) return 'addsItself';
  return version === 11 ? 'knowsAbortable' : 'older';
}
