/** Does a step until it succeeds: what may pass is waited out, however long it takes, with pauses that double up to a bound. */
import { MillraceError, millraceError, type Clock, type Logger, type Random } from '@millrace/base';

export interface RetryPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface RetryOptions {
  /** Ends the waiting: the step is not done again, and `retrying` gives undefined. */
  readonly signal: AbortSignal;
  /** Such as 'writing rows'; for the log. */
  readonly doing: string;
  /** Hears of every failure that is waited out, and when that is over (undefined): done, or not wanted any more. */
  readonly onTrouble?: (error: MillraceError | undefined) => void;
}

const firstMs = 100;
const maxMs = 30_000;

/** The step's result, or undefined when the signal ended the waiting. Rejects with what is not retriable. */
export async function retrying<T>(
  { clock, random, logger }: RetryPorts,
  { signal, doing, onTrouble }: RetryOptions,
  step: () => Promise<T> | T,
): Promise<T | undefined> {
  let failures = 0;
  for (; !signal.aborted; failures++) {
    try {
      const result = await step();
      if (failures > 0) onTrouble?.(undefined);
      return result;
    } catch (thrown) {
      const error = asMillraceError(thrown);
      if (error.severity !== 'retriable') throw error;
      onTrouble?.(error);
      const waitMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 20)) * (0.5 + random.next() / 2);
      if (!signal.aborted)
        logger.log('warn', error.message, {
          doing,
          code: error.code,
          waitMs: Math.round(waitMs),
          failures: failures + 1,
        });
      await clock.sleep(waitMs, signal);
    }
  }
  if (failures > 0) onTrouble?.(undefined);
  return undefined;
}

export function asMillraceError(thrown: unknown): MillraceError {
  if (MillraceError.is(thrown)) return thrown;
  return millraceError('MR_INVARIANT', { why: thrown instanceof Error ? thrown.message : String(thrown) }, thrown);
}
