import type { Clock } from '@millrace/base';

/** A clock that stands still until it is moved. Nothing waits for it. */
export class HandClock implements Clock {
  #nowMs: number;

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
    this.#nowMs += ms;
  }

  setTimer(): { cancel(): void } {
    return { cancel: () => undefined };
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }
}
