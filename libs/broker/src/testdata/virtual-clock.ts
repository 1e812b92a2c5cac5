/** A clock for tests: time passes only while a test waits, straight to the next timer. */
import { millraceError, type Clock, type Timer } from '@millrace/base';

interface Alarm extends Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Enough for an exchange between client and broker; time passes only after them. */
const turns = 100;
const turnsMax = 20_000_000;
const epochMs = 1_767_225_600_000;

export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #alarms = new Set<Alarm>();

  /** Timers that are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  now(): number {
    return epochMs + Math.floor(this.#nowMs);
  }

  monotonic(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const alarm: Alarm = { atMs, order: this.#order++, run, cancel: () => void this.#alarms.delete(alarm) };
    this.#alarms.add(alarm);
    return alarm;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.setTimer(delayMs, done);
      signal?.addEventListener('abort', done);
    });
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => void (isSettled = true);
    promise.then(done, done);
    for (let idle = 0; idle < turnsMax; ) {
      for (let i = 0; i < turns; i++) await Promise.resolve();
      if (isSettled) return promise;
      if (this.#ring()) idle = 0;
      else idle += turns;
    }
    throw millraceError('MR_INVARIANT', { why: 'a test waits for something that can still happen' });
  }

  #ring(): boolean {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (next === undefined || alarm.atMs < next.atMs || (alarm.atMs === next.atMs && alarm.order < next.order))
        next = alarm;
    }
    if (next === undefined) return false;
    this.#alarms.delete(next);
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }
}
