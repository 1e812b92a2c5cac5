/** What a connector has done so far. Counters only grow; gauges are of the moment they are read. */

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Records that are committed in the topic and not yet acknowledged by the table. */
  readonly lag: number;
}

export interface ConnectorMetrics {
  /** Records acknowledged by topic: written, passed over or put aside. */
  readonly records: Readonly<Record<string, number>>;
  /** Acknowledged row writes by table, deletes included. */
  readonly rows: Readonly<Record<string, number>>;
  /** Records put aside by topic. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Attempts that failed and were made again: of writes, dead letters and schema look-ups. */
  readonly retries: number;
  readonly offsetCommits: number;
  /** Rows on their way to the table. */
  readonly rowsInFlight: number;
  /** Records fetched and not acknowledged. */
  readonly recordsBuffered: number;
  readonly assignedPartitions: number;
  /** Of the partitions that were fetched from since they were given. */
  readonly lags: readonly PartitionLag[];
}

/** The counters behind it. */
export class ConnectorCounters {
  readonly records = new Map<string, number>();
  readonly rows = new Map<string, number>();
  readonly deadLetters = new Map<string, number>();
  retries = 0;
  offsetCommits = 0;
  rowsInFlight = 0;
}

export function count(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}
