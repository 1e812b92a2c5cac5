/** A clock for tests: time passes only while a test waits, straight to the next timer. */
import { millraceError, type Clock, type Timer } from '@millrace/base';

interface Alarm extends Timer {
  readonly atMs: number;
  readonly run: () => void;
}

const turns = 100;

export class VirtualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  #alarms: Alarm[] = [];

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const alarm: Alarm = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      run,
      cancel: () => (this.#alarms = this.#alarms.filter((other) => other !== alarm)),
    };
    this.#alarms.push(alarm);
    this.#alarms.sort((a, b) => a.atMs - b.atMs);
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

  /** Lets time pass until the condition holds; fails when an hour has passed or nothing can happen any more. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = this.#nowMs + 3_600_000;
    for (;;) {
      for (let i = 0; i < turns; i++) await Promise.resolve();
      if (await condition()) return;
      const next = this.#alarms.shift();
      if (next === undefined || this.#nowMs > end)
        throw millraceError('MR_INVARIANT', { why: `a test waits for something that can still happen: ${String(condition)}` });
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
  }

  /** Lets time pass until the promise is settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const settle = (): void => void (done = true);
    promise.then(settle, settle);
    await this.until(() => done);
    return promise;
  }

  async pass(ms: number): Promise<void> {
    await this.settled(this.sleep(ms));
  }
}
