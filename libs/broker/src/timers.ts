/** Timers that end together when the broker stops, and deadlines that move without a new timer for each move. */
import type { Clock, Timer } from '@millrace/base';

/** The timers of a broker; `cancelAll` is what a crash does to them. */
export class Timers {
  readonly #clock: Clock;
  readonly #pending = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wall-clock time. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /** Time for measuring. */
  get monotonicMs(): number {
    return this.#clock.monotonic();
  }

  /** Calls `run` once, unless cancelled before. */
  after(delayMs: number, run: () => void): Timer {
    const timer = this.#clock.setTimer(Math.max(0, delayMs), () => {
      this.#pending.delete(scoped);
      run();
    });
    const scoped: Timer = {
      cancel: () => {
        this.#pending.delete(scoped);
        timer.cancel();
      },
    };
    this.#pending.add(scoped);
    return scoped;
  }

  /** Forgets every timer. */
  cancelAll(): void {
    for (const timer of [...this.#pending]) timer.cancel();
  }
}

/** A moment that is put off again and again, as by heartbeats: the timer underneath is set anew only when it fires early. */
export class Deadline {
  readonly #timers: Timers;
  readonly #expire: () => void;
  #atMs = Infinity;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;

  constructor(timers: Timers, expire: () => void) {
    this.#timers = timers;
    this.#expire = expire;
  }

  /** Expires after `delayMs` from now, whatever was set before. */
  set(delayMs: number): void {
    this.#atMs = this.#timers.monotonicMs + delayMs;
    if (this.#timer !== undefined && this.#timerAtMs <= this.#atMs) return;
    this.#timer?.cancel();
    this.#arm();
  }

  /** Does not expire. */
  clear(): void {
    this.#atMs = Infinity;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timerAtMs = this.#atMs;
    this.#timer = this.#timers.after(this.#atMs - this.#timers.monotonicMs, () => this.#fired());
  }

  #fired(): void {
    this.#timer = undefined;
    if (this.#atMs > this.#timers.monotonicMs) this.#arm();
    else {
      this.#atMs = Infinity;
      this.#expire();
    }
  }
}
