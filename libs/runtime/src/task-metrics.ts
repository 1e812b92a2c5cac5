import type { OperatorMetrics } from '@millrace/operators';

/** Counters of one task, plain numbers that the thread sums. */
export class TaskMetrics implements OperatorMetrics {
  processed = 0;
  restored = 0;
  /** By node or reason. */
  readonly droppedBy = new Map<string, number>();
  readonly lateBy = new Map<string, number>();

  dropped(where: string): void {
    this.droppedBy.set(where, (this.droppedBy.get(where) ?? 0) + 1);
  }

  late(where: string): void {
    this.lateBy.set(where, (this.lateBy.get(where) ?? 0) + 1);
  }
}
