/** The attempts of an asynchronous step at one record: each with its time, pauses in between, and an end when the task is given up. */
import { millraceError, type Clock, type Random } from '@millrace/base';
import { longestPauseMs, type AsyncPolicy } from '@millrace/topology';

export interface AttemptsOptions {
  readonly node: string;
  readonly policy: AsyncPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a failure is worth another attempt. */
  readonly retries: (error: unknown, attempt: number) => boolean;
  /** The task is given up. */
  readonly ending: AbortSignal;
  /** Called before each pause and after it. */
  readonly resting?: (isResting: boolean) => void;
}

/** Runs `call` until it succeeds; rejects with its last error. */
export async function withAttempts<T>(
  options: AttemptsOptions,
  call: (attempt: number, signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const { policy, clock, random, retries, ending, resting } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await oneAttempt(options, attempt, call);
    } catch (error) {
      if (ending.aborted || attempt >= policy.attempts || !retries(error, attempt)) throw error;
    }
    resting?.(true);
    // Not all at once again: between half of the pause and all of it.
    await clock.sleep(longestPauseMs(policy, attempt) * (0.5 + 0.5 * random.next()), ending);
    resting?.(false);
  }
}

function oneAttempt<T>(
  { node, policy: { timeoutMs }, clock, ending }: AttemptsOptions,
  attempt: number,
  call: (attempt: number, signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const abort = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const giveUp = (error: unknown): void => {
      abort.abort(error);
      reject(error as Error);
    };
    const end = (): void => giveUp(ending.reason);
    if (ending.aborted) return end();
    ending.addEventListener('abort', end, { once: true });
    const timer = clock.setTimer(timeoutMs, () =>
      giveUp(millraceError('MR_RUNTIME_ASYNC_TIMEOUT', { node, attempt, timeoutMs })),
    );
    const settled = (): void => {
      timer.cancel();
      ending.removeEventListener('abort', end);
    };
    abort.signal.addEventListener('abort', settled, { once: true });
    // Within a promise, so that what the function throws at once is a rejection too.
    void Promise.resolve()
      .then(() => call(attempt, abort.signal))
      .then(resolve, reject)
      .finally(settled);
  });
}
