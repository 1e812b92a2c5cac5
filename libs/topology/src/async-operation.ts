/** Asynchronous steps (mapAsync and its kin), as data and as their users see them. No JVM library has them. */
import type { FunctionRef } from './references.ts';
import type { RecordHeader, RecordMetadata } from './processor-api.ts';

/**
 * - `key`: records of one key run one after another and leave in their order; those of different keys leave as they are done.
 * - `input`: records of different keys run beside each other, and all leave in the order they came.
 */
export type AsyncOrder = 'key' | 'input';

/** How an asynchronous step runs its function. */
export interface AsyncPolicy {
  /** Calls that run at a time, for each task. */
  readonly concurrency: number;
  readonly order: AsyncOrder;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How often a record is tried, the first attempt included. */
  readonly attempts: number;
  /** Pause after the first failure; it doubles with each further one, up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/**
 * The function is (key, value, call) => [key, value] for `mapAsync`, (value, key, call) => value for `mapValuesAsync`, and
 * (record, call) => iterable of records for `processAsync`; each may give a promise of it. retries: (error, attempt) => boolean; null: every failure is
 * tried again.
 */
export interface AsyncOperation {
  readonly type: 'mapAsync' | 'mapValuesAsync' | 'processAsync';
  readonly mapper: FunctionRef;
  readonly retries: FunctionRef | null;
  readonly policy: AsyncPolicy;
}

/** One attempt of an asynchronous step at a record, and where the record came from. */
export interface AsyncCall extends RecordMetadata {
  /** Event time of the record, ms. */
  readonly timestamp: number;
  /** Of the record as it came in. */
  readonly headers: readonly RecordHeader[];
  /** 1 at first. */
  readonly attempt: number;
  /**
   * Aborted when the attempt has taken too long (its reason is the error), and when the task is given up. Hand it to what you call; what comes
   * after it is not looked at.
   */
  readonly signal: AbortSignal;
}

/** How long a record can be under way at most: all attempts time out, all pauses are as long as they can be. */
export function longestCallMs({ attempts, timeoutMs, backoffMs, backoffMaxMs }: AsyncPolicy): number {
  let total = attempts * timeoutMs;
  for (let failed = 1; failed < attempts; failed++) total += longestPauseMs({ backoffMs, backoffMaxMs }, failed);
  return total;
}

/** The longest pause after so many failures. */
export function longestPauseMs(
  { backoffMs, backoffMaxMs }: Pick<AsyncPolicy, 'backoffMs' | 'backoffMaxMs'>,
  failed: number,
): number {
  return Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(failed - 1, 30));
}
