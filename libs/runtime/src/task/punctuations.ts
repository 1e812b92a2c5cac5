/** Calls of processors at intervals of a clock, with the JVM library's order: a binary heap by time, as java.util.PriorityQueue keeps it. */
import type { Cancellable } from '@millrace/topology';

interface Schedule {
  at: number;
  readonly intervalMs: number;
  readonly fire: (time: number) => void;
  isCancelled: boolean;
}

export class Punctuations {
  readonly #heap: Schedule[] = [];
  readonly #fired: () => void;

  /** `fired` is told of each call. */
  constructor(fired: () => void = () => undefined) {
    this.#fired = fired;
  }

  /** When the next one is due; Infinity when none is planned. */
  get due(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  add(at: number, intervalMs: number, fire: (time: number) => void): Cancellable {
    const schedule: Schedule = { at, intervalMs, fire, isCancelled: false };
    this.#offer(schedule);
    return { cancel: () => void (schedule.isCancelled = true) };
  }

  /** Fires what is due at a time of the clock, each once, however many of its intervals were missed. True when one was. */
  fireDue(time: number): boolean {
    let isFired = false;
    while (this.due <= time) {
      const schedule = this.#poll();
      if (schedule.isCancelled) continue;
      this.#fired();
      schedule.fire(time);
      isFired = true;
      // Cancelled from inside.
      if (schedule.isCancelled) continue;
      const missed = Math.max(0, Math.floor((time - schedule.at) / schedule.intervalMs));
      schedule.at += (missed + 1) * schedule.intervalMs;
      this.#offer(schedule);
    }
    return isFired;
  }

  #offer(schedule: Schedule): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(schedule);
    while (at > 0) {
      const up = (at - 1) >>> 1;
      const parent = heap[up] as Schedule;
      if (schedule.at >= parent.at) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = schedule;
  }

  #poll(): Schedule {
    const heap = this.#heap;
    const first = heap[0] as Schedule;
    const last = heap.pop() as Schedule;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts the one that was last where it belongs, beginning at the top. */
  #sink(schedule: Schedule): void {
    const heap = this.#heap;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      const right = heap[down + 1];
      if (right !== undefined && (heap[down] as Schedule).at > right.at) down++;
      const child = heap[down] as Schedule;
      if (schedule.at <= child.at) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = schedule;
  }
}
