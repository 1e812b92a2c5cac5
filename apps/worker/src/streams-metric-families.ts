/** What an application counts, as Prometheus families. */
import type { Metric, MetricSample } from '@millrace/service';
import type { StreamsMetrics, StreamsState } from 'millrace';

const states: readonly StreamsState[] = [
  'CREATED',
  'REBALANCING',
  'RUNNING',
  'PENDING_SHUTDOWN',
  'PENDING_ERROR',
  'NOT_RUNNING',
  'ERROR',
];

export function streamsMetricFamilies(metrics: StreamsMetrics, errors: ReadonlyMap<string, number>): readonly Metric[] {
  return [
    {
      name: 'millrace_streams_state',
      help: 'State of the application: 1 for the one it is in.',
      type: 'gauge',
      samples: states.map((state) => ({ labels: { state }, value: state === metrics.state ? 1 : 0 })),
    },
    {
      name: 'millrace_tasks',
      help: 'Tasks that process, by stream thread.',
      type: 'gauge',
      samples: metrics.threads.map(({ index, tasks }) => ({ labels: { thread: String(index) }, value: tasks.length })),
    },
    counter('millrace_records_processed_total', 'Records processed.', [{ value: metrics.processed }]),
    counter(
      'millrace_records_late_total',
      'Records behind stream time but inside the grace: counted, by node.',
      labelled('node', Object.entries(metrics.late)),
    ),
    counter(
      'millrace_records_dropped_total',
      'Records dropped, by reason or by the node whose grace they missed.',
      labelled('reason', Object.entries(metrics.dropped)),
    ),
    counter('millrace_commits_total', 'Commits that had an effect; transactions with exactly once.', [
      { value: metrics.commits },
    ]),
    commitLatency(metrics.commitLatency),
    counter('millrace_redone_total', 'Times that uncommitted work was taken back and done again.', [
      { value: metrics.redone },
    ]),
    counter('millrace_restored_records_total', 'Changelog records read to bring stores up to date.', [
      { value: metrics.restoredRecords },
    ]),
    {
      name: 'millrace_lag_records',
      help: 'Records behind the end of each input partition.',
      type: 'gauge',
      samples: metrics.lag.map(({ topic, partition, lag }) => ({
        labels: { topic, partition: String(partition) },
        value: lag,
      })),
    },
    counter(
      'millrace_errors_total',
      'Errors and warnings by code; docs/errors.md explains them.',
      labelled('code', [...errors]),
    ),
  ];
}

function counter(name: string, help: string, samples: readonly MetricSample[]): Metric {
  return { name, help, type: 'counter', samples };
}

function labelled(label: string, counts: readonly (readonly [string, number])[]): readonly MetricSample[] {
  return counts.map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function commitLatency({ boundsMs, counts, sumMs }: StreamsMetrics['commitLatency']): Metric {
  let below = 0;
  const buckets = [...boundsMs, Infinity].map((bound, i) => {
    below += counts[i] ?? 0;
    return { suffix: '_bucket', labels: { le: bound === Infinity ? '+Inf' : String(bound / 1_000) }, value: below };
  });
  return {
    name: 'millrace_commit_latency_seconds',
    help: 'From the beginning of a commit to its acknowledgement.',
    type: 'histogram',
    samples: [...buckets, { suffix: '_sum', value: sumMs / 1_000 }, { suffix: '_count', value: below }],
  };
}
