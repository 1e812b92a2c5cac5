/**
 * A clock for tests: time passes only while a test waits, straight to the next timer. Before each timer everything runs that needs no time.
 * For many hosts on one time line, with crashes and pauses, the simulator has its own.
 */
import { millraceError, type Clock, type Timer } from '@millrace/base';

interface Alarm extends Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Turns of the microtask queue: enough for an exchange between a client and a broker. */
const turns = 200;
/** What runs outside microtasks (compression, say) may keep a test waiting so many turns while no timer is set. */
const idleTurnsMax = 20_000_000;
/** 2026-01-01T00:00Z */
const epochMs = 1_767_225_600_000;

export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #alarms = new Set<Alarm>();

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

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < turns; i++) await Promise.resolve();
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => void (isSettled = true);
    promise.then(done, done);
    await this.when(() => isSettled);
    return promise;
  }

  /** Lets time pass until the condition holds; fails when nothing can happen any more. */
  async when(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let idle = 0; idle < idleTurnsMax;) {
      await this.settle();
      if (await condition()) return;
      idle = this.#ring() ? 0 : idle + turns;
    }
    throw millraceError('MR_INVARIANT', { why: 'a test waits for something that can still happen' });
  }

  /** Lets an amount of time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(this.sleep(ms));
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
