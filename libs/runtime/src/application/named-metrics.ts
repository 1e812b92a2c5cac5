/** What is counted, under the JVM library's names, groups and tags: for dashboards and tests that know those. */
import type { TaskMetrics } from '../task/task-metrics.ts';

/** A figure (JVM: MetricName and its value). */
export interface NamedMetric {
  /** For instance `dropped-records-total`. */
  readonly name: string;
  /** For instance `stream-task-metrics`. */
  readonly group: string;
  /** Whose figure it is: `thread-id`, `task-id`, ... */
  readonly tags: Readonly<Record<string, string>>;
  /** NaN: an average or a maximum of nothing. */
  readonly value: number | string;
}

/** The figures of a task; `buffered`: records that wait in it. Times in ms. */
export function taskFigures(threadId: string, taskId: string, metrics: TaskMetrics, buffered: number): NamedMetric[] {
  const { processed, punctuated, restored, droppedTotal, latenessSumMs, latenessMaxMs } = metrics;
  return figures(
    'stream-task-metrics',
    { 'thread-id': threadId, 'task-id': taskId },
    {
      'dropped-records-total': droppedTotal,
      'process-total': processed,
      'punctuate-total': punctuated,
      'restore-total': restored,
      'record-lateness-avg': processed === 0 ? NaN : latenessSumMs / processed,
      'record-lateness-max': processed === 0 ? NaN : latenessMaxMs,
      'active-buffer-count': buffered,
    },
  );
}

/** Figures of one group and owner. */
export function figures(
  group: string,
  tags: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number | string>>,
): NamedMetric[] {
  return Object.entries(values).map(([name, value]) => ({ name, group, tags, value }));
}
