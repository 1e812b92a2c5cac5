/** Looking at producers and transactions (KIP-664). */
import { errorCodes } from '@millrace/protocol';
import type { Partition } from '../partition.ts';
import type { Transaction, TransactionState } from '../transactions/transaction.ts';
import type { BrokerState, Handler, Handlers } from './handler.ts';
import type { Response } from '../messages.ts';

type Described = NonNullable<Response<'DescribeTransactions'>['transactionStates']>[number];

const states: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
];

/** DescribeProducers, DescribeTransactions, ListTransactions, WriteTxnMarkers. */
export function transactionAdminHandlers(state: BrokerState): Handlers {
  return {
    DescribeProducers: describeProducers(state),
    DescribeTransactions: ({ transactionalIds }, _context, reply) =>
      reply({ transactionStates: transactionalIds.map((id) => describeTransaction(id, state.transactions.get(id))) }),
    ListTransactions: listTransactions(state),
    WriteTxnMarkers: writeTxnMarkers(state),
  };
}

function describeProducers({ topics }: BrokerState): Handler<'DescribeProducers'> {
  return (request, _context, reply) => {
    const answers = request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const partition = topics.partition(name, partitionIndex);
        if (partition === undefined) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
        return { partitionIndex, activeProducers: activeProducers(partition) };
      }),
    }));
    reply({ topics: answers });
  };
}

function activeProducers({ producers, transactions }: Partition) {
  return [...producers.all()].map(({ producerId, epoch, recent, lastTimestamp, coordinatorEpoch }) => ({
    producerId,
    producerEpoch: epoch,
    lastSequence: recent.at(-1)?.lastSequence ?? -1,
    lastTimestamp,
    coordinatorEpoch,
    currentTxnStartOffset: transactions.firstOffset(producerId),
  }));
}

/** Ends transactions on partitions, whatever their coordinator thinks of it. An epoch that has passed ends nothing. */
function writeTxnMarkers({ topics, timers }: BrokerState): Handler<'WriteTxnMarkers'> {
  return ({ markers }, _context, reply) => {
    const answers = markers.map(({ producerId, producerEpoch, transactionResult: committed, topics: marked }) => ({
      producerId,
      topics: marked.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const topic = topics.get(name);
          const partition = topic?.partitions[partitionIndex];
          if (topic === undefined || partition === undefined)
            return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
          if (producerEpoch < partition.producers.epochOf(producerId))
            return { partitionIndex, errorCode: errorCodes.INVALID_PRODUCER_EPOCH };
          partition.endTransaction({ producerId, producerEpoch, committed }, topic.settings, timers.nowMs);
          return { partitionIndex, errorCode: errorCodes.NONE };
        }),
      })),
    }));
    reply({ markers: answers });
  };
}

function describeTransaction(transactionalId: string, transaction: Transaction | undefined): Described {
  if (transaction === undefined) return { transactionalId, errorCode: errorCodes.TRANSACTIONAL_ID_NOT_FOUND };
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of transaction.partitions.values())
    byTopic.set(topic.name, [...(byTopic.get(topic.name) ?? []), partition.index]);
  return {
    transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
  };
}

function listTransactions({ transactions, timers }: BrokerState): Handler<'ListTransactions'> {
  return ({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }, _context, reply) => {
    const pattern = patternOf(transactionalIdPattern);
    if (pattern === undefined) return reply({ errorCode: errorCodes.INVALID_REGULAR_EXPRESSION });
    const isWanted = ({ state, producerId, startMs, transactionalId }: Transaction): boolean =>
      (stateFilters.length === 0 || stateFilters.includes(state)) &&
      (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
      (durationFilter < 0 || (startMs >= 0 && timers.nowMs - startMs > durationFilter)) &&
      pattern.test(transactionalId);
    const found = [...transactions.all()].filter(isWanted);
    reply({
      unknownStateFilters: stateFilters.filter((name) => !states.includes(name as TransactionState)),
      transactionStates: found.map(({ transactionalId, producerId, state }) => ({
        transactionalId,
        producerId,
        transactionState: state,
      })),
    });
  };
}

/** The whole id must match. */
function patternOf(pattern: string | null): RegExp | undefined {
  try {
    return pattern === null || pattern === '' ? /^/ : new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
