/** One sample of a metric. */
export interface MetricSample {
  /** Of a histogram: `_bucket` (with the label `le`), `_sum` or `_count`. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric family in Prometheus' terms. Names are snake_case with the unit last. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly MetricSample[];
}

/** An answer of a health check; `reason` says in one sentence why not. */
export interface Health {
  readonly ok: boolean;
  readonly reason?: string;
}

/** What a container hosts: a worker, a connector. */
export interface Hosted {
  /** False only when a restart of the process would help. An unreachable broker is no such case. */
  live(): Health;
  /** True when it does its work now. */
  ready(): Health;
  metrics(): readonly Metric[];
  /** Stops taking input, finishes what is under way, commits, leaves the group. */
  close(timeoutMs: number): Promise<void>;
  /** Resolves with the error that ended it by itself. */
  failed: Promise<Error>;
}
