/** How a write finds its transaction before it is appended: it adds itself (v2), or asks whether it was added (v1, KIP-890). */
import { errorCodes } from '@millrace/protocol';
import type { BrokerLimits } from '../broker-options.ts';
import type { Timers } from '../timers.ts';
import type { Participant, TransactionCoordinator, TransactionRequest } from './transaction-coordinator.ts';

/** What the version of a request says about its client: it leaves adding to the broker, or knows error 120, or neither. */
export type TransactionSupport = 'addsItself' | 'knowsAbortable' | 'older';

/** What admission needs. */
export interface AdmissionPorts {
  readonly timers: Timers;
  readonly limits: BrokerLimits;
  readonly transactions: TransactionCoordinator;
}

/** A write that wants to be part of a transaction. */
export interface Candidate {
  readonly request: TransactionRequest;
  readonly participant: Participant;
  readonly support: TransactionSupport;
}

/**
 * Tells whether a write may be appended, with Kafka's error for its client; 0 if it may. A write that adds itself waits here for the
 * markers of the transaction before, for a while.
 */
export function admit(ports: AdmissionPorts, candidate: Candidate, done: (errorCode: number) => void): void {
  const { transactions, limits } = ports;
  if (candidate.support === 'addsItself') return addInTime(ports, candidate, done);
  if (!limits.verifiesTransactions) return done(errorCodes.NONE);
  const errorCode = transactions.verify(candidate.request, candidate.participant);
  done(verifiedError(errorCode, candidate.support));
}

function addInTime(
  ports: AdmissionPorts,
  { request, participant }: Candidate,
  done: (errorCode: number) => void,
): void {
  const { timers, limits, transactions } = ports;
  const untilMs = timers.monotonicMs + limits.transactionRetryMaxMs;
  const attempt = (): void => {
    const errorCode = transactions.add(request, [participant]);
    if (errorCode === errorCodes.CONCURRENT_TRANSACTIONS && timers.monotonicMs < untilMs)
      timers.after(limits.transactionRetryBackoffMs, attempt);
    else done(errorCode === errorCodes.PRODUCER_FENCED ? errorCodes.INVALID_PRODUCER_EPOCH : errorCode);
  };
  attempt();
}

/** Older clients do not try again after CONCURRENT_TRANSACTIONS on a write; they do after NOT_ENOUGH_REPLICAS. */
function verifiedError(errorCode: number, support: TransactionSupport): number {
  switch (errorCode) {
    case errorCodes.PRODUCER_FENCED:
      return errorCodes.INVALID_PRODUCER_EPOCH;
    case errorCodes.CONCURRENT_TRANSACTIONS:
      return errorCodes.NOT_ENOUGH_REPLICAS;
    case errorCodes.INVALID_TXN_STATE:
      return support === 'knowsAbortable' ? errorCodes.TRANSACTION_ABORTABLE : errorCode;
    default:
      return errorCode;
  }
}
