/**
 * One incarnation of a simulated process: its clock, and whether it runs, is paused (SIGSTOP, a long garbage collection) or has
 * crashed (kill -9). A restarted process is a new host; what the old one still awaited never comes.
 */
import type { Clock, Timer } from '@millrace/base';
import type { EventOwner, Scheduler } from './scheduler.ts';

/** Wall-clock time at which simulations begin: 2026-01-01T00:00Z. */
export const simulationEpochMs = 1_767_225_600_000;

export class Host implements EventOwner {
  readonly name: string;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  #crashed = false;
  #pausedUntilMs = -1;

  constructor(name: string, scheduler: Scheduler) {
    this.name = name;
    this.#scheduler = scheduler;
    this.clock = clockOf(scheduler, this);
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  /** Nothing of this host runs any more. */
  crash(): void {
    this.#crashed = true;
  }

  /** Nothing of this host runs for a while; what comes in the meantime waits. */
  pause(forMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#scheduler.nowMs + forMs);
  }

  /** Ends a pause. */
  resume(): void {
    this.#pausedUntilMs = -1;
  }
}

function clockOf(scheduler: Scheduler, owner: EventOwner): Clock {
  const setTimer = (delayMs: number, run: () => void): Timer => scheduler.after(delayMs, owner, run);
  return {
    now: () => simulationEpochMs + Math.floor(scheduler.nowMs),
    monotonic: () => scheduler.nowMs,
    setTimer,
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = (): void => {
          timer.cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimer(delayMs, done);
        signal?.addEventListener('abort', done);
      }),
  };
}
