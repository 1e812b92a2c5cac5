/** Exponential backoff with jitter. */
import { MillraceError, type Random } from '@millrace/base';

export interface BackoffRange {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Kafka's `retry.backoff.ms` and `retry.backoff.max.ms` (KIP-580). */
export const retryBackoff: BackoffRange = { firstMs: 100, maxMs: 1_000 };
/**
 * After an answer that says 'not now': a coordinator completes the last transaction in a few ms, and brokers with transactions v2
 * turn away one of two requests that add to the same transaction at the same time (19 or 14, until the other is done).
 */
export const answeredBackoff: BackoffRange = { firstMs: 5, maxMs: 1_000 };

const lostAnswers: ReadonlySet<string> = new Set([
  'MR_CLIENT_DISCONNECTED',
  'MR_CLIENT_REQUEST_TIMED_OUT',
  'MR_CLIENT_FRAME_TOO_LARGE',
]);

/** How long to wait after the `attempt`-th failure (from 0): doubled each time, 20 % jitter. */
export function backoffMs(range: BackoffRange, attempt: number, random: Random): number {
  const plainMs = Math.min(range.maxMs, range.firstMs * 2 ** Math.min(attempt, 20));
  return plainMs * (0.8 + 0.4 * random.next());
}

/** Only what was sent can have arrived: an unreachable broker has seen nothing. */
export function mayHaveArrived(error: unknown): boolean {
  return MillraceError.is(error) && lostAnswers.has(error.code);
}

/** True for errors after which the same thing may be tried again. */
export function isRetriable(error: unknown): boolean {
  return MillraceError.is(error) && error.severity === 'retriable';
}
