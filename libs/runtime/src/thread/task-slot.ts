/** A task on its thread, from the moment the group gave it until it is closed. */
import type { OffsetToCommit, TopicPartition } from '@millrace/ports';
import type { RestoreRange } from './changelog-restorer.ts';
import type { StreamTask, TaskId } from '../task/stream-task.ts';
import type { TaskMetrics } from '../task/task-metrics.ts';

/**
 *   opening ─▶ restoring ─▶ running ─▶ gone
 *      └───────────┴─────────────────────▲
 *
 * `opening`: committed offsets are asked for (an open transaction of the last owner is waited for), then the store is opened.
 */
export type SlotPhase = 'opening' | 'restoring' | 'running' | 'gone';

export interface TaskSlot {
  readonly id: TaskId;
  readonly text: string;
  readonly inputs: readonly TopicPartition[];
  readonly metrics: TaskMetrics;
  phase: SlotPhase;
  /** From the time its store is being opened. */
  task: StreamTask | undefined;
  /** Where processing begins. */
  start: readonly OffsetToCommit[];
  /** What its changelogs had beyond its store when it was opened, and how far that is restored. */
  missing: readonly RestoreRange[];
  /** Opening or prefetching under way. The task is not processed meanwhile. */
  pending: Promise<void> | undefined;
  /** Committed state on its way to the store. The task is neither processed nor sealed meanwhile. */
  applying: Promise<void> | undefined;
  /** Until when the records of the others wait for an input that is empty, and that the broker has nothing of; see max.task.idle.ms. */
  readonly waitsUntilMs: Map<TopicPartition, number>;
}

/** A task that processes. */
export interface RunningSlot extends TaskSlot {
  readonly task: StreamTask;
}
