import type { OperatorMetrics } from '@millrace/operators';

/** Counters of one task, plain numbers that the thread sums. */
export class TaskMetrics implements OperatorMetrics {
  processed = 0;
  restored = 0;
  /** Calls of punctuators. */
  punctuated = 0;
  /** How far records were behind the stream time of their task, ms: together, and at most. */
  latenessSumMs = 0;
  latenessMaxMs = 0;
  /** By node or reason. */
  readonly droppedBy = new Map<string, number>();
  readonly lateBy = new Map<string, number>();

  /** Over all reasons. */
  get droppedTotal(): number {
    return [...this.droppedBy.values()].reduce((sum, count) => sum + count, 0);
  }

  dropped(where: string): void {
    this.droppedBy.set(where, (this.droppedBy.get(where) ?? 0) + 1);
  }

  /** A record came behind stream time. */
  lateness(ms: number): void {
    this.latenessSumMs += ms;
    if (ms > this.latenessMaxMs) this.latenessMaxMs = ms;
  }

  late(where: string): void {
    this.lateBy.set(where, (this.lateBy.get(where) ?? 0) + 1);
  }
}
