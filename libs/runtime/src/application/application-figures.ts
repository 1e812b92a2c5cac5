/** The figures of an application under the JVM library's names: of itself, its threads and their tasks. */
import { figures, taskFigures, type NamedMetric } from './named-metrics.ts';
import type { StreamsState } from './streams-state.ts';
import type { RunningThread } from '../thread/thread-parts.ts';

export interface ApplicationIdentity {
  readonly applicationId: string;
  readonly clientId: string;
  /** Its `describe()` text. */
  readonly description: string;
}

/** `failed`: threads that have ended with an error. */
export function applicationFigures(
  { applicationId, clientId, description }: ApplicationIdentity,
  state: StreamsState,
  { current: threads, failed }: { readonly current: readonly RunningThread[]; readonly failed: number },
): NamedMetric[] {
  const own = {
    'application-id': applicationId,
    'topology-description': description,
    state,
    'alive-stream-threads': threads.filter(({ thread }) => thread.state !== 'DEAD').length,
    'failed-stream-threads': failed,
  };
  return [
    ...figures('stream-metrics', { 'client-id': clientId }, own),
    ...threads.flatMap((thread) => threadFigures(`${clientId}-StreamThread-${thread.index + 1}`, thread)),
  ];
}

function threadFigures(threadId: string, { metrics, tasks, thread }: RunningThread): NamedMetric[] {
  const { committed, commitLatencySumMs, commitLatencyMaxMs, closedTasks } = metrics;
  const { processed, punctuated } = metrics.counters(tasks.slots.map((slot) => slot.metrics));
  const own = {
    state: thread.state,
    'commit-total': committed,
    'commit-latency-avg': committed === 0 ? NaN : commitLatencySumMs / committed,
    'commit-latency-max': committed === 0 ? NaN : commitLatencyMaxMs,
    'process-total': processed,
    'punctuate-total': punctuated,
    'task-created-total': closedTasks + tasks.slots.length,
    'task-closed-total': closedTasks,
  };
  const ofTasks = tasks.slots.flatMap(({ text, inputs, task, missing, metrics: counted }) => {
    const buffered = inputs.reduce((sum, input) => sum + (task?.bufferedRecords(input) ?? 0), 0);
    const remaining = missing.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
    const tags = { 'thread-id': threadId, 'task-id': text };
    return [
      ...taskFigures(threadId, text, counted, buffered),
      ...figures('stream-task-metrics', tags, { 'restore-remaining-records-total': remaining }),
    ];
  });
  return [...figures('stream-thread-metrics', { 'thread-id': threadId }, own), ...ofTasks];
}
