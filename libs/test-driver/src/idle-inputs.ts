import { javaHash, javaHashOrder } from '@millrace/base';
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
    const isEmpty = (topic: string): boolean => task.bufferedRecords({ topic, partition: 0 }) === 0;
    const topics = inOrder(task.inputs.map(({ topic }) => topic));
    if (topics.every(isEmpty)) return true;
    for (const topic of topics) {
      if (!isEmpty(topic)) {
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

/** As the JVM library goes through them: time begins to run for the first that is empty, and for the next when that has passed. */
function inOrder(topics: readonly string[]): readonly string[] {
  return javaHashOrder(javaHashOrder(topics), (topic) => (31 * 31 + javaHash(topic)) | 0);
}
