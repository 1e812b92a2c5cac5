/** The figures of an application under the JVM library's names: of itself, its threads and their tasks. */
import { figures, taskFigures, type NamedMetric } from './named-metrics.ts';
import type { StreamsState } from './streams-state.ts';
import type { RunningThread } from '../thread/thread-parts.ts';

export interface ApplicationIdentity {
  readonly applicationId: string;
  readonly clientId: string;
}

export function applicationFigures(
  { applicationId, clientId }: ApplicationIdentity,
  state: StreamsState,
  threads: readonly RunningThread[],
): NamedMetric[] {
  const alive = threads.filter(({ thread }) => thread.state !== 'DEAD').length;
  const own = { 'application-id': applicationId, state, 'alive-stream-threads': alive };
  return [
    ...figures('stream-metrics', { 'client-id': clientId }, own),
    ...threads.flatMap((thread) => threadFigures(`${clientId}-StreamThread-${thread.index + 1}`, thread)),
  ];
}

function threadFigures(threadId: string, { metrics, tasks }: RunningThread): NamedMetric[] {
  const { committed, commitLatencySumMs } = metrics;
  const own = {
    'commit-total': committed,
    'commit-latency-avg': committed === 0 ? NaN : commitLatencySumMs / committed,
    'process-total': metrics.counters(tasks.slots.map((slot) => slot.metrics)).processed,
  };
  const ofTasks = tasks.slots.flatMap(({ text, inputs, task, metrics: counted }) => {
    const buffered = inputs.reduce((sum, input) => sum + (task?.bufferedRecords(input) ?? 0), 0);
    return taskFigures(threadId, text, counted, buffered);
  });
  return [...figures('stream-thread-metrics', { 'thread-id': threadId }, own), ...ofTasks];
}
