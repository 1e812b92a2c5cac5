/** Aggregations by key without windows: null keys and null values are dropped (kafka-streams 2.4), the timestamp is the greater one. */
import { timeAfter, type TableStore } from '@millrace/state';
import type { OperatorMetrics, StreamNode } from './node-function.ts';

export interface AggregateOptions {
  readonly where: string;
  readonly store: TableStore;
  readonly metrics: OperatorMetrics;
}

export function streamAggregate(
  options: AggregateOptions,
  initializer: () => unknown,
  aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    if (key === null || value === null) return options.metrics.dropped(options.where);
    const row = options.store.row(key);
    const before = row.value ?? initializer();
    const told = row.value === null ? options.store.telling(before) : undefined;
    options.store.put(row, aggregator(key, value, before) ?? null, timeAfter(row, timestamp), timestamp, told);
  };
}

/** The first value of a key is its first aggregate. */
export function streamReduce(
  options: AggregateOptions,
  reducer: (aggregate: unknown, value: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    if (key === null || value === null) return options.metrics.dropped(options.where);
    const row = options.store.row(key);
    const reduced = row.value === null ? value : (reducer(row.value, value) ?? null);
    options.store.put(row, reduced, timeAfter(row, timestamp), timestamp);
  };
}

/** A stream becomes a table: the last value of a key, by offset; null deletes. */
export function tableSource(options: AggregateOptions): StreamNode {
  return (key, value, timestamp) => {
    if (key === null) return options.metrics.dropped(options.where);
    options.store.put(options.store.row(key), value, timestamp, timestamp);
  };
}

/** Rows of another table grouped anew: the old value is taken back where there is an aggregate, then the new one is added. */
export function tableAggregate(
  options: AggregateOptions,
  initializer: () => unknown,
  adder: (key: unknown, value: unknown, aggregate: unknown) => unknown,
  subtractor: (key: unknown, value: unknown, aggregate: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    const { oldValue, newValue } = value as { oldValue: unknown; newValue: unknown };
    const row = options.store.row(key);
    const time = timeAfter(row, timestamp);
    let aggregate = row.value;
    if (oldValue !== null && aggregate !== null) aggregate = subtractor(key, oldValue, aggregate) ?? null;
    if (newValue !== null) aggregate = adder(key, newValue, aggregate ?? initializer()) ?? null;
    options.store.put(row, aggregate, time, timestamp);
  };
}

/** As tableAggregate; the first value of a group is its first aggregate. */
export function tableReduce(
  options: AggregateOptions,
  adder: (aggregate: unknown, value: unknown) => unknown,
  subtractor: (aggregate: unknown, value: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    const { oldValue, newValue } = value as { oldValue: unknown; newValue: unknown };
    const row = options.store.row(key);
    const time = timeAfter(row, timestamp);
    let aggregate = row.value;
    if (oldValue !== null && aggregate !== null) aggregate = subtractor(aggregate, oldValue) ?? null;
    if (newValue !== null) aggregate = aggregate === null ? newValue : (adder(aggregate, newValue) ?? null);
    options.store.put(row, aggregate, time, timestamp);
  };
}
