/** The transaction APIs of clients. */
import { errorCodes } from '@millrace/protocol';
import { admit, type TransactionSupport } from '../transactions/admission.ts';
import type { TransactionPartition } from '../transactions/transaction.ts';
import { knownOffsets } from './groups.ts';
import type { BrokerState, Handler, Handlers } from './handler.ts';
import type { Request, Response } from '../messages.ts';

/** InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit. */
export function transactionHandlers(state: BrokerState): Handlers {
  return {
    InitProducerId: initProducerId(state),
    AddPartitionsToTxn: addPartitionsToTxn(state),
    AddOffsetsToTxn: addOffsetsToTxn(state),
    EndTxn: endTxn(state),
    TxnOffsetCommit: txnOffsetCommit(state),
  };
}

/** Clients from before PRODUCER_FENCED was made know it by the code of the partitions. */
function knownTo(version: number, since: number, errorCode: number): number {
  const isNew = errorCode === errorCodes.PRODUCER_FENCED && version < since;
  return isNew ? errorCodes.INVALID_PRODUCER_EPOCH : errorCode;
}

function initProducerId({ transactions }: BrokerState): Handler<'InitProducerId'> {
  return (request, { version }, reply) => {
    const answer = transactions.initProducer(request);
    reply({ ...answer, errorCode: knownTo(version, 4, answer.errorCode) });
  };
}

/** All partitions or none: one that does not exist keeps the others out. */
function addPartitionsToTxn({ topics, transactions }: BrokerState): Handler<'AddPartitionsToTxn'> {
  return (request, { version }, reply) => {
    const wanted = request.v3AndBelowTopics;
    const found: TransactionPartition[] = [];
    let isComplete = true;
    for (const { name, partitions } of wanted) {
      const topic = topics.get(name);
      for (const index of partitions) {
        const partition = topic?.partitions[index];
        if (topic === undefined || partition === undefined) isComplete = false;
        else found.push({ topic, partition });
      }
    }
    const errorCode = isComplete
      ? knownTo(version, 2, transactions.add(identityOf(request), found))
      : errorCodes.OPERATION_NOT_ATTEMPTED;
    const codeOf = (name: string, index: number): number =>
      topics.partition(name, index) === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCode;
    const resultsByTopicV3AndBelow = wanted.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: codeOf(name, partitionIndex),
      })),
    }));
    reply({ resultsByTopicV3AndBelow });
  };
}

function identityOf(request: Request<'AddPartitionsToTxn'>): {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
} {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
  };
}

function addOffsetsToTxn({ transactions }: BrokerState): Handler<'AddOffsetsToTxn'> {
  return (request, { version }, reply) => {
    const { groupId } = request;
    if (groupId === '') return reply({ errorCode: errorCodes.INVALID_GROUP_ID });
    reply({ errorCode: knownTo(version, 2, transactions.add(request, [{ groupId }])) });
  };
}

function endTxn({ transactions }: BrokerState): Handler<'EndTxn'> {
  return (request, { version }, reply) => {
    if (version >= 5) return reply(transactions.end(request, request.committed));
    reply({ errorCode: knownTo(version, 2, transactions.endV1(request, request.committed)) });
  };
}

function txnOffsetCommit(state: BrokerState): Handler<'TxnOffsetCommit'> {
  return (request, { version }, reply) => {
    const { groupId } = request;
    const refuse = (errorCode: number): void =>
      reply({ topics: request.topics.map(({ name, partitions }) => refused(name, partitions, errorCode)) });
    if (groupId === '') return refuse(errorCodes.INVALID_GROUP_ID);
    const { known, unknown } = knownOffsets(state.topics, request.topics);
    const missing = [...unknown].map(([{ name }, partitions]) =>
      refused(
        name,
        partitions.map((partitionIndex) => ({ partitionIndex })),
        errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      ),
    );
    if (known.length === 0) return reply({ topics: missing });
    admit(state, { request, participant: { groupId }, support: supportOf(version) }, (errorCode) => {
      if (errorCode !== errorCodes.NONE)
        return refuse(errorCode === errorCodes.NOT_ENOUGH_REPLICAS ? errorCodes.COORDINATOR_NOT_AVAILABLE : errorCode);
      const answer = state.groups.txnOffsetCommit({ ...request, topics: known });
      reply({ topics: [...(answer.topics ?? []), ...missing] });
    });
  };
}

function refused(
  name: string,
  partitions: readonly { readonly partitionIndex: number }[],
  errorCode: number,
): NonNullable<Response<'TxnOffsetCommit'>['topics']>[number] {
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
}

function supportOf(version: number): TransactionSupport {
  if (version >= 5) return 'addsItself';
  return version === 4 ? 'knowsAbortable' : 'older';
}
