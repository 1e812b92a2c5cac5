/** Aggregations by key without windows: null keys and null values are dropped (kafka-streams 2.4), the timestamp is the greater one. */
import { keyValueLocalKey, type StoreEntry, type TaskStore } from '@millrace/state';
import type { Serde } from '@millrace/serde';
import type { OperatorMetrics, StreamNode } from './node-function.ts';

export interface AggregateOptions {
  readonly where: string;
  readonly store: TaskStore;
  readonly storeId: number;
  readonly keySerde: Serde<unknown>;
  /** Topic name given to the key serde. */
  readonly topic: string;
  readonly metrics: OperatorMetrics;
}

/** The row of a key in a key-value store. */
export function rowOf({ store, storeId, keySerde, topic }: AggregateOptions, key: unknown): StoreEntry {
  const bytes = keySerde.serialize(topic, key);
  return store.entry(
    keyValueLocalKey(storeId, bytes),
    () => Buffer.from(bytes),
    () => key,
  );
}

export function streamAggregate(
  options: AggregateOptions,
  initializer: () => unknown,
  aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    if (key === null || value === null) return options.metrics.dropped(options.where);
    const row = rowOf(options, key);
    const before = row.value ?? initializer();
    options.store.put(row, aggregator(key, value, before) ?? null, Math.max(timestamp, row.timestamp));
  };
}

/** The first value of a key is its first aggregate. */
export function streamReduce(
  options: AggregateOptions,
  reducer: (aggregate: unknown, value: unknown) => unknown,
): StreamNode {
  return (key, value, timestamp) => {
    if (key === null || value === null) return options.metrics.dropped(options.where);
    const row = rowOf(options, key);
    options.store.put(
      row,
      row.value === null ? value : (reducer(row.value, value) ?? null),
      Math.max(timestamp, row.timestamp),
    );
  };
}

/** A stream becomes a table: the last value of a key, by offset; null deletes. */
export function tableSource(options: AggregateOptions): StreamNode {
  return (key, value, timestamp) => {
    if (key === null) return options.metrics.dropped(options.where);
    options.store.put(rowOf(options, key), value, timestamp);
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
    const row = rowOf(options, key);
    const hadAggregate = row.value !== null;
    let aggregate = row.value;
    if (oldValue !== null && aggregate !== null) aggregate = subtractor(key, oldValue, aggregate) ?? null;
    if (newValue !== null) aggregate = adder(key, newValue, aggregate ?? initializer()) ?? null;
    options.store.put(row, aggregate, hadAggregate ? Math.max(timestamp, row.timestamp) : timestamp);
  };
}
