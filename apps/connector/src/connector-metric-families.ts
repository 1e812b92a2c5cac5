/** The connector's metrics in Prometheus' terms. */
import type { ConnectorMetrics } from '@millrace/connect';
import type { Metric, MetricSample } from '@millrace/service';

export function connectorMetricFamilies(metrics: ConnectorMetrics): readonly Metric[] {
  const { records, rows, deadLetters, retries, offsetCommits, rowsInFlight, recordsBuffered, lags } = metrics;
  const gauge = (name: string, help: string, value: number): Metric => ({
    ...{ name: `millrace_connector_${name}`, help, type: 'gauge' },
    samples: [{ value }],
  });
  const counter = (name: string, help: string, samples: readonly MetricSample[]): Metric => ({
    ...{ name: `millrace_connector_${name}_total`, help, type: 'counter', samples },
  });
  return [
    counter('records', 'Records acknowledged: written, passed over or put aside.', labelled('topic', records)),
    counter('rows', 'Row writes acknowledged by the table, deletes included.', labelled('table', rows)),
    counter('dead_letters', 'Records put aside because they could not be mapped.', labelled('topic', deadLetters)),
    counter('retries', 'Attempts that failed in passing and were made again.', [{ value: retries }]),
    counter('offset_commits', 'Offset commits.', [{ value: offsetCommits }]),
    gauge('rows_in_flight', 'Rows on their way to the table.', rowsInFlight),
    gauge('records_buffered', 'Records fetched and not yet mapped.', recordsBuffered),
    gauge('partitions', 'Partitions that the group has given.', metrics.assignedPartitions),
    {
      name: 'millrace_connector_lag_records',
      help: 'Committed records that the table has not acknowledged.',
      type: 'gauge',
      samples: lags.map(({ topic, partition, lag }) => ({
        labels: { topic, partition: String(partition) },
        value: lag,
      })),
    },
  ];
}

function labelled(label: string, values: Readonly<Record<string, number>>): readonly MetricSample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
