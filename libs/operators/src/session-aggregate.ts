/**
 * Aggregations by key and session (KStreamSessionWindowAggregate). A record joins all sessions of its key that lie within the gap; they are deleted, and the
 * merged one is written. It is dropped when even the merged session ended longer ago than grace and gap. Null keys are dropped, null values are not.
 */
import type { SpanRow, SpanStore } from '@millrace/state';
import type { SessionWindowsSpec } from '@millrace/topology';
import type { OperatorMetrics, StreamNode } from './node-function.ts';
import type { AdvanceTime } from './windowed-aggregate.ts';

export interface SessionOptions {
  readonly where: string;
  readonly store: SpanStore;
  readonly windows: SessionWindowsSpec;
  readonly advanceTime: AdvanceTime;
  /** Told after each record: sessions that ended before this time have closed. */
  readonly closed: ((closeTime: number) => void) | undefined;
  readonly metrics: OperatorMetrics;
}

export function sessionAggregate(
  options: SessionOptions,
  initializer: () => unknown,
  aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown,
  merger: (key: unknown, first: unknown, second: unknown) => unknown,
): StreamNode {
  const { where, store, windows, advanceTime, closed, metrics } = options;
  const { gapMs, graceMs } = windows;
  return (key, value, timestamp) => {
    if (key === null) return metrics.dropped(where);
    const closeTime = advanceTime(timestamp) - graceMs - gapMs;
    let start = timestamp;
    let end = timestamp;
    let aggregate = initializer();
    const merged = store.find(key, timestamp - gapMs, timestamp + gapMs);
    for (const session of merged) {
      const { window } = session.key;
      aggregate = merger(key, aggregate, session.value);
      start = Math.min(start, window.start);
      end = Math.max(end, window.end);
    }
    if (end < closeTime) metrics.dropped(where);
    else {
      if (start !== end || start !== timestamp) remove(store, merged, timestamp);
      const row = store.row(key, { start, end });
      // Without a cache a session is always new downstream, also where a record falls on one of its own time (JVM).
      store.put(row, aggregator(key, value, aggregate) ?? null, timestamp, timestamp, null);
    }
    closed?.(closeTime);
  };
}

function remove(store: SpanStore, sessions: readonly SpanRow[], timestamp: number): void {
  for (const session of sessions) store.put(session, null, timestamp, timestamp);
}
