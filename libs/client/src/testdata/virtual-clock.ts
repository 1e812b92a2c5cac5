/** A clock for tests: time passes only while a test waits, straight to the next timer. */
import { millraceError, type Clock, type Timer } from '@millrace/base';

interface Alarm extends Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const turns = 200;

export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
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
      order: this.#order++,
      run,
      cancel: () => (this.#alarms = this.#alarms.filter((other) => other !== alarm)),
    };
    this.#alarms.push(alarm);
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

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < turns; i++) await Promise.resolve();
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => void (settled = true);
    promise.then(done, done);
    for (;;) {
      await this.settle();
      if (settled) return promise;
      if (!this.#ring()) throw millraceError('MR_INVARIANT', { why: 'a test waits for something that can still happen' });
    }
  }

  /** Lets an amount of time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(this.sleep(ms));
  }

  #ring(): boolean {
    this.#alarms.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const next = this.#alarms.shift();
    if (next === undefined) return false;
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }
}
