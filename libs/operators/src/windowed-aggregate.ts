/**
 * Aggregations by key and time window (KStreamWindowAggregate). A window takes a record while its end is after stream time minus grace;
 * what comes later is dropped for that window and counted. Null keys are dropped, null values are not.
 */
import { timeAfter, type WindowStore } from '@millrace/state';
import type { TimeWindowsSpec } from '@millrace/topology';
import type { OperatorMetrics, StreamNode } from './node-function.ts';

/** Tells the operator the stream time, the record included. */
export type AdvanceTime = (timestamp: number) => number;

export interface WindowOptions {
  readonly where: string;
  readonly store: WindowStore;
  readonly windows: TimeWindowsSpec;
  readonly advanceTime: AdvanceTime;
  /** Told after each record: windows that end at or before this time have closed. */
  readonly closed: ((closeTime: number) => void) | undefined;
  readonly metrics: OperatorMetrics;
}

export function windowedAggregate(
  options: WindowOptions,
  initializer: () => unknown,
  aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown,
): StreamNode {
  return overWindows(options, initializer, aggregator);
}

export function windowedReduce(
  options: WindowOptions,
  reducer: (aggregate: unknown, value: unknown) => unknown,
): StreamNode {
  const nothing = (): null => null;
  return overWindows(options, nothing, (_key, value, before) => (before === null ? value : reducer(before, value)));
}

function overWindows(
  options: WindowOptions,
  initializer: () => unknown,
  update: (key: unknown, value: unknown, before: unknown) => unknown,
): StreamNode {
  const { store, metrics, where, windows, advanceTime, closed } = options;
  const { sizeMs, advanceMs, graceMs } = windows;
  return (key, value, timestamp) => {
    if (key === null) return metrics.dropped(where);
    const streamTime = advanceTime(timestamp);
    const closeTime = streamTime - graceMs;
    for (let start = firstStart(windows, timestamp); start <= timestamp; start += advanceMs) {
      const end = start + sizeMs;
      if (end <= closeTime) {
        metrics.dropped(where);
        continue;
      }
      if (end <= streamTime) metrics.late(where);
      const row = store.row(key, start);
      const before = row.value ?? initializer();
      const told = row.value === null ? store.telling(before) : undefined;
      store.put(row, update(key, value, before) ?? null, timeAfter(row, timestamp), timestamp, told);
    }
    closed?.(closeTime);
  };
}

/** Start of the earliest window that holds a time; where there is none, a start after it. */
export function firstStart({ sizeMs, advanceMs, unlimitedFrom }: TimeWindowsSpec, time: number): number {
  if (unlimitedFrom !== undefined) return unlimitedFrom;
  return Math.floor(Math.max(0, time - sizeMs + advanceMs) / advanceMs) * advanceMs;
}

/** Starts of all windows that hold a time. */
export function startsOf(windows: TimeWindowsSpec, time: number): number[] {
  const starts: number[] = [];
  for (let start = firstStart(windows, time); start <= time; start += windows.advanceMs) starts.push(start);
  return starts;
}
