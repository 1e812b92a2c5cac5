/**
 * The input queues of a task that have records, by the time of their heads (JVM: PartitionGroup). Queues of one time come in the order of Java's
 * `PriorityQueue`, a binary heap: which input goes first decides what is written first, and that is to be the same.
 */
import type { InputQueue } from './input-queue.ts';

export type TimedQueue = Pick<InputQueue, 'headTimestamp'>;

export class QueueHeap<Q extends TimedQueue> {
  readonly #heap: Q[] = [];

  /** The queue whose head is oldest. */
  get first(): Q | undefined {
    return this.#heap[0];
  }

  /** A queue that has become non-empty. */
  offer(queue: Q): void {
    const heap = this.#heap;
    const time = queue.headTimestamp();
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above] as Q;
      if (time >= parent.headTimestamp()) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = queue;
  }

  /** Takes the first queue out; its head may have changed already. */
  poll(): Q | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(queue: Q): void {
    const heap = this.#heap;
    const size = heap.length;
    const time = queue.headTimestamp();
    let at = 0;
    while (at < size >>> 1) {
      let below = 2 * at + 1;
      let child = heap[below] as Q;
      const other = heap[below + 1];
      if (other !== undefined && child.headTimestamp() > other.headTimestamp()) {
        child = other;
        below++;
      }
      if (time <= child.headTimestamp()) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = queue;
  }
}
