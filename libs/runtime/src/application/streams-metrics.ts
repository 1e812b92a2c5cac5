/** A snapshot of what an application counts: plain numbers, ready for Prometheus or a test. */
import type { TopicPartition } from '@millrace/ports';
import type { StreamsState } from './streams-state.ts';
import type { ThreadState } from '../thread/stream-thread.ts';
import { commitLatencyBoundsMs, summed } from '../thread/thread-metrics.ts';
import type { RunningThread } from '../thread/thread-parts.ts';

/** What `KafkaStreams.metrics` gives. */
export interface StreamsMetrics {
  /** The state of the application. */
  readonly state: StreamsState;
  /** Its threads, with the tasks that each has now. */
  readonly threads: readonly {
    readonly index: number;
    readonly state: ThreadState;
    readonly tasks: readonly string[];
  }[];
  /** Records processed. */
  readonly processed: number;
  /** Records inside the grace but behind stream time, by node. */
  readonly late: Readonly<Record<string, number>>;
  /** Records dropped, by node or reason; past the grace too. Never silent. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Commits that had an effect: transactions with exactly once. */
  readonly commits: number;
  /** Times that uncommitted work was taken back and done again. */
  readonly redone: number;
  /** How long commits took: a histogram. */
  readonly commitLatency: {
    readonly boundsMs: readonly number[];
    /** One count a bound, and one above the last. */
    readonly counts: readonly number[];
    readonly sumMs: number;
  };
  /** Changelog records read to bring stores up to date. */
  readonly restoredRecords: number;
  /** Records of their topics that the global stores of this process have taken in, since it started. */
  readonly globalRecords: number;
  /** Records behind the end of each input. */
  readonly lag: readonly (TopicPartition & { readonly lag: number })[];
}

export function streamsMetrics(
  state: StreamsState,
  threads: readonly RunningThread[],
  globalRecords: number,
): StreamsMetrics {
  const counters = threads.map(({ metrics, tasks }) => metrics.counters(tasks.slots.map((slot) => slot.metrics)));
  const sum = (of: (thread: RunningThread) => number): number => threads.reduce((total, one) => total + of(one), 0);
  return {
    state,
    threads: threads.map(({ index, thread, tasks }) => ({
      index,
      state: thread.state,
      tasks: tasks.running.map(({ text }) => text),
    })),
    processed: counters.reduce((total, { processed }) => total + processed, 0),
    late: Object.fromEntries(summed(counters.map(({ late }) => late))),
    dropped: Object.fromEntries(summed(counters.map(({ dropped }) => dropped))),
    commits: sum(({ metrics }) => metrics.committed),
    redone: sum(({ metrics }) => metrics.redone),
    commitLatency: {
      boundsMs: commitLatencyBoundsMs,
      counts: [...commitLatencyBoundsMs, Infinity].map((_, i) => sum(({ metrics }) => metrics.commitLatency[i] ?? 0)),
      sumMs: sum(({ metrics }) => metrics.commitLatencySumMs),
    },
    restoredRecords: sum(({ metrics }) => metrics.restoredRecords),
    globalRecords,
    lag: threads.flatMap(({ feed }) => feed.lags()),
  };
}
