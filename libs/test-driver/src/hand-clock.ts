import type { Clock, Timer } from '@millrace/base';

interface PendingTimer {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved; timers that are passed by fire on the way, each at its time. */
export class HandClock implements Clock {
  #nowMs: number;
  /** In the order of their times; those of one time in the order they were set. */
  #timers: readonly PendingTimer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#timers[0]; next !== undefined && next.atMs <= endMs; next = this.#timers[0]) {
      this.#drop(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  /** How long until the next timer, ms; undefined when none is set. */
  get nextTimerInMs(): number | undefined {
    const next = this.#timers[0];
    return next === undefined ? undefined : Math.max(0, next.atMs - this.#nowMs);
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, run };
    if (delayMs !== Infinity) this.#timers = [...this.#timers, timer].sort((a, b) => a.atMs - b.atMs);
    return { cancel: () => this.#drop(timer) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.setTimer(delayMs, resolve);
      signal?.addEventListener('abort', () => (timer.cancel(), resolve()), { once: true });
      if (signal?.aborted === true) resolve();
    });
  }

  #drop(timer: PendingTimer): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
  }
}
