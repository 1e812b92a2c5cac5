/**
 * The transaction coordinator: producer ids and epochs, which partitions and groups a transaction has, how it ends. Both flows:
 * v1 (KIP-98), in which clients add partitions, and v2 (KIP-890), in which partitions add themselves and each end bumps the epoch.
 *
 * An answer to EndTxn goes out before the markers are written; until they are, everything else about the transactional id is
 * answered with CONCURRENT_TRANSACTIONS. Everything here survives a restart but the timers.
 */
import type { Random } from '@millrace/base';
import { errorCodes } from '@millrace/protocol';
import type { BrokerLimits } from '../broker-options.ts';
import type { Timers } from '../timers.ts';
import type { Topics } from '../topics.ts';
import {
  isEnding,
  isEpochExhausted,
  isRepeatedEnd,
  newTransaction,
  type ProducerIdentity,
  type Transaction,
  type TransactionPartition,
} from './transaction.ts';

/** What ends the offsets of a transaction: the group coordinator. */
export interface OffsetsOfTransactions {
  completeTransaction(producerId: number, committed: boolean): void;
}

/** What the coordinator needs. */
export interface CoordinatorPorts {
  readonly timers: Timers;
  readonly random: Random;
  readonly limits: BrokerLimits;
  readonly topics: Topics;
  readonly groups: OffsetsOfTransactions;
}

/** An answer with the producer to go on as. */
export interface ProducerAnswer extends ProducerIdentity {
  readonly errorCode: number;
}

/** Who asks for a producer id, and as whom; -1 for nobody (KIP-360). */
export interface InitRequest extends ProducerIdentity {
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
}

/** A request to a transaction. */
export interface TransactionRequest extends ProducerIdentity {
  readonly transactionalId: string;
}

/** What a transaction is asked about. */
export type Participant = TransactionPartition | { readonly groupId: string };

const { NONE, CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, PRODUCER_FENCED } = errorCodes;

/** Transactions of a broker. */
export class TransactionCoordinator {
  readonly #ports: CoordinatorPorts;
  readonly #byId = new Map<string, Transaction>();
  #nextProducerId: number;

  constructor(ports: CoordinatorPorts) {
    this.#ports = ports;
    this.#nextProducerId = ports.limits.firstProducerId;
  }

  all(): Iterable<Transaction> {
    return this.#byId.values();
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#byId.get(transactionalId);
  }

  /** InitProducerId: a new epoch, the old one fenced, its transaction aborted. */
  initProducer(request: InitRequest): ProducerAnswer {
    const { transactionalId, transactionTimeoutMs } = request;
    if (transactionalId === null) return { errorCode: NONE, producerId: this.#newProducerId(), producerEpoch: 0 };
    if (transactionalId === '') return refused(errorCodes.INVALID_REQUEST);
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > this.#ports.limits.maxTransactionTimeoutMs)
      return refused(errorCodes.INVALID_TRANSACTION_TIMEOUT);
    const transaction = this.#byId.get(transactionalId) ?? this.#register(transactionalId);
    if (isEnding(transaction)) return refused(CONCURRENT_TRANSACTIONS);
    if (!mayInit(transaction, request)) return refused(PRODUCER_FENCED);
    if (transaction.state === 'Ongoing') {
      // The producer that asks gets its epoch when it asks again: that of the abort is never given away.
      this.#abortFromHere(transaction);
      return refused(CONCURRENT_TRANSACTIONS);
    }
    const errorCode = this.#nextEpoch(transaction, request);
    if (errorCode !== NONE) return refused(errorCode);
    transaction.state = 'Empty';
    transaction.timeoutMs = transactionTimeoutMs;
    return { errorCode: NONE, producerId: transaction.producerId, producerEpoch: transaction.producerEpoch };
  }

  /** Takes participants into the transaction, and begins it if there is none. */
  add(request: TransactionRequest, participants: readonly Participant[]): number {
    const transaction = this.#byId.get(request.transactionalId);
    if (transaction === undefined) return INVALID_PRODUCER_ID_MAPPING;
    // First of all: the producer may already be the next one, while the last markers of the one before are being written.
    if (isEnding(transaction)) return CONCURRENT_TRANSACTIONS;
    const errorCode = identityFault(transaction, request);
    if (errorCode !== NONE) return errorCode;
    if (transaction.state !== 'Ongoing') this.#begin(transaction);
    for (const participant of participants) {
      if ('groupId' in participant) transaction.groups.add(participant.groupId);
      else transaction.partitions.set(participant.partition, participant);
    }
    return NONE;
  }

  /** Whether a participant is in the transaction, as one that cannot add itself must be. */
  verify(request: TransactionRequest, participant: Participant): number {
    const transaction = this.#byId.get(request.transactionalId);
    if (transaction === undefined) return INVALID_PRODUCER_ID_MAPPING;
    const errorCode = identityFault(transaction, request);
    if (errorCode !== NONE) return errorCode;
    if (isEnding(transaction)) return CONCURRENT_TRANSACTIONS;
    const isKnown =
      'groupId' in participant
        ? transaction.groups.has(participant.groupId)
        : transaction.partitions.has(participant.partition);
    return isKnown ? NONE : INVALID_TXN_STATE;
  }

  /** EndTxn of a client that knows transactions v2: it may be repeated blindly. */
  end(request: TransactionRequest, committed: boolean): ProducerAnswer {
    const transaction = this.#byId.get(request.transactionalId);
    if (transaction === undefined) return refused(INVALID_PRODUCER_ID_MAPPING);
    if (isEnding(transaction)) return refused(CONCURRENT_TRANSACTIONS);
    const isRepeated = isRepeatedEnd(transaction, request);
    const errorCode = isRepeated ? NONE : identityFault(transaction, request);
    if (errorCode !== NONE) return refused(errorCode);
    if (transaction.state === 'Ongoing') return this.#bumpAndEnd(transaction, committed);
    const wasCommitted = transaction.state === 'CompleteCommit';
    if (isRepeated && wasCommitted === committed) return currentProducer(transaction);
    if (isRepeated || committed) return refused(INVALID_TXN_STATE);
    return this.#bumpAndEnd(transaction, false);
  }

  /** EndTxn of a client of transactions v1: nothing tells a late one from that of the next transaction. */
  endV1(request: TransactionRequest, committed: boolean): number {
    const transaction = this.#byId.get(request.transactionalId);
    if (transaction === undefined) return INVALID_PRODUCER_ID_MAPPING;
    const errorCode = identityFault(transaction, request);
    if (errorCode !== NONE) return errorCode;
    switch (transaction.state) {
      case 'Ongoing':
        this.#prepare(transaction, committed);
        return NONE;
      case 'PrepareCommit':
      case 'PrepareAbort':
        return CONCURRENT_TRANSACTIONS;
      case 'CompleteCommit':
        return committed ? NONE : INVALID_TXN_STATE;
      case 'CompleteAbort':
        return committed ? INVALID_TXN_STATE : NONE;
      case 'Empty':
        return INVALID_TXN_STATE;
    }
  }

  /** After a crash: time-outs count on, markers of prepared transactions are written anew. */
  restart(): void {
    for (const transaction of this.#byId.values()) {
      transaction.expiry = undefined;
      if (transaction.state === 'Ongoing') {
        const goneMs = this.#ports.timers.nowMs - transaction.startMs;
        this.#expireLater(transaction, transaction.timeoutMs - goneMs);
      }
      if (!isEnding(transaction)) continue;
      if (this.#ports.limits.forgetsMarkers) transaction.partitions = new Map();
      this.#writeMarkers(transaction);
    }
  }

  #register(transactionalId: string): Transaction {
    const transaction = newTransaction(transactionalId, this.#newProducerId());
    this.#byId.set(transactionalId, transaction);
    return transaction;
  }

  #newProducerId(): number {
    return this.#nextProducerId++;
  }

  /** Kafka's error, if the producer that asks is not the one that may have the next epoch. */
  #nextEpoch(transaction: Transaction, request: InitRequest): number {
    const { producerEpoch, lastEpoch } = transaction;
    const isNamed = request.producerId >= 0;
    const isCurrent = !isNamed || producerEpoch < 0 || request.producerEpoch === producerEpoch;
    const isRepeated = isNamed && lastEpoch >= 0 && request.producerEpoch === lastEpoch;
    if (!isCurrent && !isRepeated) return PRODUCER_FENCED;
    if (isEpochExhausted(producerEpoch)) this.#rotate(transaction, isNamed);
    else if (isCurrent) {
      transaction.lastEpoch = isNamed ? producerEpoch : -1;
      transaction.producerEpoch = producerEpoch + 1;
    }
    return NONE;
  }

  #rotate(transaction: Transaction, isNamed: boolean): void {
    transaction.previousProducerId = transaction.producerId;
    transaction.producerId = this.#newProducerId();
    transaction.lastEpoch = isNamed ? transaction.producerEpoch : -1;
    transaction.producerEpoch = 0;
  }

  #begin(transaction: Transaction): void {
    transaction.state = 'Ongoing';
    transaction.startMs = this.#ports.timers.nowMs;
    this.#expireLater(transaction, transaction.timeoutMs);
  }

  #expireLater(transaction: Transaction, leftMs: number): void {
    transaction.expiry = this.#ports.timers.after(leftMs, () => this.#abortFromHere(transaction));
  }

  /** An abort that no client asked for: its epoch fences whoever still writes. */
  #abortFromHere(transaction: Transaction): void {
    // Only with v2 may the producer of the aborted transaction go on: it is told by its last epoch.
    transaction.lastEpoch = this.#ports.limits.transactionVersion === 2 ? transaction.producerEpoch : -1;
    transaction.producerEpoch++;
    this.#prepare(transaction, false);
  }

  #bumpAndEnd(transaction: Transaction, committed: boolean): ProducerAnswer {
    const { producerId, producerEpoch } = transaction;
    const nextProducerId = isEpochExhausted(producerEpoch) ? this.#newProducerId() : -1;
    transaction.lastEpoch = producerEpoch;
    transaction.producerEpoch = producerEpoch + 1;
    transaction.nextProducerId = nextProducerId;
    this.#prepare(transaction, committed);
    return nextProducerId < 0
      ? { errorCode: NONE, producerId, producerEpoch: producerEpoch + 1 }
      : { errorCode: NONE, producerId: nextProducerId, producerEpoch: 0 };
  }

  #prepare(transaction: Transaction, committed: boolean): void {
    transaction.state = committed ? 'PrepareCommit' : 'PrepareAbort';
    transaction.expiry?.cancel();
    transaction.expiry = undefined;
    this.#writeMarkers(transaction);
  }

  /** Each marker after a delay of its own; those of offsets are one for all groups, there being one partition of offsets. */
  #writeMarkers(transaction: Transaction): void {
    const { partitions, groups, producerId, producerEpoch } = transaction;
    const committed = transaction.state === 'PrepareCommit';
    transaction.markersLeft = partitions.size + (groups.size > 0 ? 1 : 0);
    if (transaction.markersLeft === 0) return this.#complete(transaction);
    for (const { topic, partition } of partitions.values()) {
      this.#markLater(transaction, () => {
        const end = { producerId, producerEpoch, committed };
        const isThere = this.#ports.topics.get(topic.name) === topic;
        if (isThere) partition.endTransaction(end, topic.settings, this.#ports.timers.nowMs);
      });
    }
    if (groups.size > 0)
      this.#markLater(transaction, () => this.#ports.groups.completeTransaction(producerId, committed));
  }

  #markLater(transaction: Transaction, mark: () => void): void {
    const { timers, random, limits } = this.#ports;
    const { minMs, maxMs } = limits.markerDelay;
    timers.after(minMs + random.next() * (maxMs - minMs), () => {
      mark();
      if (--transaction.markersLeft === 0) this.#complete(transaction);
    });
  }

  #complete(transaction: Transaction): void {
    transaction.state = transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort';
    transaction.partitions = new Map();
    transaction.groups = new Set();
    transaction.startMs = -1;
    if (transaction.nextProducerId < 0) return;
    transaction.previousProducerId = transaction.producerId;
    transaction.producerId = transaction.nextProducerId;
    transaction.producerEpoch = 0;
    transaction.nextProducerId = -1;
  }
}

function refused(errorCode: number): ProducerAnswer {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}

function currentProducer({ producerId, producerEpoch }: Transaction): ProducerAnswer {
  return { errorCode: NONE, producerId, producerEpoch };
}

function identityFault(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): number {
  if (transaction.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;
  return transaction.producerEpoch === producerEpoch ? NONE : PRODUCER_FENCED;
}

/** A producer that names itself must be the one the id belongs to, or the one before epochs ran out (KIP-360). */
function mayInit(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  if (producerId < 0 || transaction.producerEpoch < 0 || producerId === transaction.producerId) return true;
  return producerId === transaction.previousProducerId && isEpochExhausted(producerEpoch);
}
