import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import { uuidFrom, type Random } from './random.ts';

/** The machine's clock and randomness: the only place that touches them. The shell passes these in; tests pass their own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal?.addEventListener('abort', done);
    }),
};

export const systemRandom: Random = {
  next: () => Math.random(),
  int: (bound) => Math.floor(Math.random() * bound),
  uuid: () => uuidFrom(() => randomBytes(4).readUInt32BE()),
};
