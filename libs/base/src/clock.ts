/** A timer that was set on a `Clock`. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a port. The system clock serves production; the simulator brings a virtual one.
 * No library below the shell reads `Date`, sets a timer or sleeps in any other way.
 */
export interface Clock {
  /** Wall-clock time, ms since the epoch. May jump; never measure with it. */
  now(): number;
  /** Monotonic time in ms, for time-outs and measuring. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. A pending timer does not keep a process alive by itself only if the adapter says so. */
  setTimer(delayMs: number, run: () => void): Timer;
  /** Resolves after `delayMs`; `signal` ends the wait early (it resolves, it does not reject). */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
