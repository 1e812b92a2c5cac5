/**
 * Aggregations by key and time window (KStreamWindowAggregate). A window takes a record while its end is after stream time minus grace;
 * what comes later is dropped for that window and counted. Null keys are dropped, null values are not.
 */
import { windowChangelogKey, windowLocalKey } from '@millrace/state';
import type { TimeWindowsSpec } from '@millrace/topology';
import type { AggregateOptions } from './aggregate.ts';
import type { StreamNode } from './node-function.ts';

/** Tells the operator the stream time, the record included. */
export type AdvanceTime = (timestamp: number) => number;

export interface WindowOptions extends AggregateOptions {
  readonly windows: TimeWindowsSpec;
  readonly segmentMs: number;
  readonly advanceTime: AdvanceTime;
}

export function windowedAggregate(
  options: WindowOptions,
  initializer: () => unknown,
  aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown,
): StreamNode {
  return overWindows(options, (key, value, before) => aggregator(key, value, before ?? initializer()));
}

export function windowedReduce(
  options: WindowOptions,
  reducer: (aggregate: unknown, value: unknown) => unknown,
): StreamNode {
  return overWindows(options, (_key, value, before) => (before === null ? value : reducer(before, value)));
}

function overWindows(
  options: WindowOptions,
  update: (key: unknown, value: unknown, before: unknown) => unknown,
): StreamNode {
  const { store, storeId, keySerde, topic, metrics, where, windows, segmentMs, advanceTime } = options;
  const { sizeMs, advanceMs, graceMs } = windows;
  return (key, value, timestamp) => {
    if (key === null) return metrics.dropped(where);
    const streamTime = advanceTime(timestamp);
    const closeTime = streamTime - graceMs;
    const keyBytes = keySerde.serialize(topic, key);
    const first = Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs;
    for (let start = first; start <= timestamp; start += advanceMs) {
      const end = start + sizeMs;
      if (end <= closeTime) {
        metrics.dropped(where);
        continue;
      }
      if (end <= streamTime) metrics.late(where);
      const row = store.entry(
        windowLocalKey(storeId, keyBytes, start, segmentMs),
        () => windowChangelogKey(keyBytes, start),
        () => ({ key, window: { start, end } }),
      );
      store.put(row, update(key, value, row.value) ?? null, Math.max(timestamp, row.timestamp));
    }
  };
}
