import type { StreamTask } from '@millrace/runtime';

/** `max.task.idle.ms` of a task under test: how long records wait for inputs that have none. Lag is always known to be 0. */
export class IdleInputs {
  readonly #maxIdleMs: number;
  /** Until when the records of the others wait for an input, by topic; begins when they first had to. */
  readonly #deadlines = new Map<string, number>();

  constructor(maxIdleMs: number) {
    this.#maxIdleMs = maxIdleMs;
  }

  mayProcess(task: StreamTask, nowMs: number): boolean {
    if (this.#maxIdleMs <= 0) return true;
    const isEmpty = task.inputs.map((input) => task.bufferedRecords(input) === 0);
    if (isEmpty.every(Boolean)) return true;
    for (const [i, { topic }] of task.inputs.entries()) {
      if (isEmpty[i] !== true) {
        this.#deadlines.delete(topic);
        continue;
      }
      const deadline = this.#deadlines.get(topic) ?? nowMs + this.#maxIdleMs;
      this.#deadlines.set(topic, deadline);
      if (nowMs < deadline) return false;
    }
    return true;
  }
}
