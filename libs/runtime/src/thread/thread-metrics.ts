/** What a stream thread counts: plain numbers, summed over its tasks, those that are closed included. */
import type { TaskMetrics } from '../task/task-metrics.ts';

/** Upper bounds of the buckets of commit latencies in ms; the last bucket is open. */
export const commitLatencyBoundsMs: readonly number[] = [1, 2, 5, 10, 15, 25, 50, 100, 250, 500, 1_000, 5_000];

/** Counters over all tasks. */
export interface RecordCounters {
  readonly processed: number;
  /** Calls of punctuators. */
  readonly punctuated: number;
  /** Inside the grace but behind stream time, by node. */
  readonly late: ReadonlyMap<string, number>;
  /** Dropped records, by node or reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

export class ThreadMetrics {
  /** Commits that had an effect. */
  committed = 0;
  /** Times that the tasks were dropped and begun again; what was open then was aborted. */
  redone = 0;
  /** Those since the last commit. */
  redoneInRow = 0;
  /** Changelog records that were read to bring tasks up to date. */
  restoredRecords = 0;
  /** One count a bucket of `commitLatencyBoundsMs`, and one above. */
  readonly commitLatency = new Array<number>(commitLatencyBoundsMs.length + 1).fill(0);
  commitLatencySumMs = 0;
  commitLatencyMaxMs = 0;
  /** Tasks that it has given up. */
  closedTasks = 0;
  #closed: RecordCounters = { processed: 0, punctuated: 0, late: new Map(), dropped: new Map() };

  /** A transaction (or, at least once, an offset commit) that had an effect. */
  commit(latencyMs: number): void {
    this.committed++;
    this.redoneInRow = 0;
    this.commitLatencySumMs += latencyMs;
    this.commitLatencyMaxMs = Math.max(this.commitLatencyMaxMs, latencyMs);
    const at = commitLatencyBoundsMs.findIndex((bound) => latencyMs <= bound);
    const bucket = at < 0 ? commitLatencyBoundsMs.length : at;
    this.commitLatency[bucket] = (this.commitLatency[bucket] ?? 0) + 1;
  }

  /** Keeps what a closed task counted. */
  closed(task: TaskMetrics): void {
    this.closedTasks++;
    this.#closed = this.counters([task]);
  }

  /** Counters of closed tasks and of these. */
  counters(open: readonly TaskMetrics[]): RecordCounters {
    return {
      processed: this.#closed.processed + open.reduce((sum, { processed }) => sum + processed, 0),
      punctuated: this.#closed.punctuated + open.reduce((sum, { punctuated }) => sum + punctuated, 0),
      late: summed([this.#closed.late, ...open.map(({ lateBy }) => lateBy)]),
      dropped: summed([this.#closed.dropped, ...open.map(({ droppedBy }) => droppedBy)]),
    };
  }
}

/** Sums counts by name. */
export function summed(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const total = new Map<string, number>();
  for (const one of counts) for (const [name, count] of one) total.set(name, (total.get(name) ?? 0) + count);
  return total;
}
