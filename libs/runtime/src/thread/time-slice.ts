/** How much is processed before the event loop gets its turn: enough to be fast, so little that heartbeats are never late. */
import type { Clock } from '@millrace/base';

/** A slice ends after this long; a step that is under way may make it longer. */
const sliceMs = 20;
/** A step of one task aims at less than this. */
const stepMs = 5;
const records = { first: 64, min: 1, max: 4_096 };

export class TimeSlice {
  readonly #clock: Clock;
  #limit = records.first;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `step` for one source of work after the other, round and round, until none has anything left or the time is over; `step` gives how
   * many records it processed of those it was allowed. Gives the sum.
   */
  run<T>(sources: readonly T[], step: (source: T, limit: number) => number, isOver: () => boolean): number {
    const endMs = this.#clock.monotonic() + sliceMs;
    let beganMs = endMs - sliceMs;
    let total = 0;
    for (let round = 1; round > 0;) {
      round = 0;
      for (const source of sources) {
        const processed = step(source, this.#limit);
        if (processed === 0) continue;
        round += processed;
        const nowMs = this.#clock.monotonic();
        if (processed === this.#limit) this.#adapt(nowMs - beganMs);
        if (nowMs >= endMs || isOver()) return total + round;
        beganMs = nowMs;
      }
      total += round;
    }
    return total;
  }

  #adapt(tookMs: number): void {
    if (tookMs < stepMs / 2) this.#limit = Math.min(records.max, this.#limit * 2);
    else if (tookMs > stepMs) this.#limit = Math.max(records.min, this.#limit >> 1);
  }
}
