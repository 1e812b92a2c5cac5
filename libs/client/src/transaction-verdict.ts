/**
 * What an error code means to a transaction, as a table: each row was asked of a real 4.3 broker or is Java's rule. Severity
 * is not enough here: the same code means different things in answers to different requests.
 */
import { errorCodes, isRetriableError } from '@millrace/protocol';
import { isCoordinatorMoved } from './broker-error.ts';

/**
 * - `done`: carried out.
 * - `again`: not carried out, ask again soon; also while the last transaction is being completed. `moved`: ask another broker.
 * - `stale`: this epoch is not the coordinator's any more. Either the transaction timed out and was aborted (then the id is still ours:
 *   InitProducerId with our own id succeeds), or another incarnation took over.
 * - `fenced`: another incarnation took over.
 * - `group`: the group has moved on without this member.
 * - `abortable`: this transaction cannot be committed, the next one can.
 * - `refused`: asking again gives the same answer.
 */
export type Verdict = 'done' | 'again' | 'moved' | 'stale' | 'fenced' | 'group' | 'abortable' | 'refused';

/** The requests of a transaction. */
export type TransactionalApi =
  | 'InitProducerId'
  | 'AddPartitionsToTxn'
  | 'AddOffsetsToTxn'
  | 'Produce'
  | 'TxnOffsetCommit'
  | 'EndTxn'
  | 'DescribeTransactions';

const staleCodes: ReadonlySet<number> = new Set<number>([
  errorCodes.INVALID_PRODUCER_EPOCH,
  errorCodes.INVALID_TXN_STATE,
  errorCodes.INVALID_PRODUCER_ID_MAPPING,
  errorCodes.UNKNOWN_PRODUCER_ID,
  errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
]);

const groupCodes: ReadonlySet<number> = new Set<number>([
  errorCodes.ILLEGAL_GENERATION,
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.FENCED_INSTANCE_ID,
  errorCodes.STALE_MEMBER_EPOCH,
]);

/** Judges an answer. */
export function verdictOf(api: TransactionalApi, code: number): Verdict {
  if (code === errorCodes.NONE) return 'done';
  if (isCoordinatorMoved(code)) return 'moved';
  if (code === errorCodes.PRODUCER_FENCED) return 'fenced';
  if (code === errorCodes.TRANSACTION_ABORTABLE) return 'abortable';
  if (staleCodes.has(code)) return api === 'InitProducerId' ? 'fenced' : 'stale';
  if (api === 'TxnOffsetCommit') {
    if (groupCodes.has(code)) return 'group';
    // Between JoinGroup and SyncGroup the member of the new generation is known, but may not commit yet.
    if (code === errorCodes.REBALANCE_IN_PROGRESS) return 'again';
  }
  return isRetriableError(code) ? 'again' : 'refused';
}
