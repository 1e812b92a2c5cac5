/**
 * What the coordinator keeps of a transactional id.
 *
 *   Empty ──▶ Ongoing ──▶ PrepareCommit ──▶ CompleteCommit ──▶ Ongoing or Empty
 *                   └───▶ PrepareAbort ───▶ CompleteAbort ───▶ Ongoing or Empty
 *
 * With transactions v2 (KIP-890) every end gives the next transaction an epoch of its own, so that what is late is told from
 * what is new; an abort without any partition is legal.
 */
import type { Timer } from '@millrace/base';
import type { Partition } from '../partition.ts';
import type { Topic } from '../topics.ts';

/** Kafka's names of the states. */
export type TransactionState =
  'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort';

/** Who speaks. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A partition that holds records of a transaction. */
export interface TransactionPartition {
  readonly topic: Topic;
  readonly partition: Partition;
}

/** A transactional id. */
export interface Transaction {
  readonly transactionalId: string;
  state: TransactionState;
  producerId: number;
  producerEpoch: number;
  /** The epoch before the last bump: tells a repetition; -1 after a fence. */
  lastEpoch: number;
  /** The id before epochs ran out; -1 if they never did. */
  previousProducerId: number;
  /** The id that takes over when the markers are written; -1 if it stays the same. */
  nextProducerId: number;
  timeoutMs: number;
  /** When it became ongoing; -1 if it is not. */
  startMs: number;
  partitions: Map<Partition, TransactionPartition>;
  groups: Set<string>;
  /** Markers that are still to be written. */
  markersLeft: number;
  expiry: Timer | undefined;
}

const noEpoch = -1;
const lastUsableEpoch = 0x7ffe;

/** A transactional id that has no producer epoch yet. */
export function newTransaction(transactionalId: string, producerId: number): Transaction {
  return {
    transactionalId,
    state: 'Empty',
    producerId,
    producerEpoch: noEpoch,
    lastEpoch: noEpoch,
    previousProducerId: -1,
    nextProducerId: -1,
    timeoutMs: 0,
    startMs: -1,
    partitions: new Map(),
    groups: new Set(),
    markersLeft: 0,
    expiry: undefined,
  };
}

/** Whether its markers are being written. */
export function isEnding({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}

/** Whether the next epoch is that of the last marker: then a new producer id has to take over. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= lastUsableEpoch;
}

/** Whether EndTxn names the producer as it was before the last end, whose answer it may not have got. */
export function isRepeatedEnd(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  if (transaction.state !== 'CompleteCommit' && transaction.state !== 'CompleteAbort') return false;
  if (producerId === transaction.producerId) return transaction.producerEpoch === producerEpoch + 1;
  return (
    producerId === transaction.previousProducerId &&
    producerEpoch === lastUsableEpoch &&
    transaction.producerEpoch === 0
  );
}
