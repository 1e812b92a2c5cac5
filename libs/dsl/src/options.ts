import type { Duration } from '@millrace/base';
import type { Serde } from '@millrace/serde';

/** How records of source topics are read (JVM: Consumed). */
export interface Consumed<K, V> {
  readonly name?: string;
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Event time in ms; the record's own timestamp when absent. `partitionTime` is the greatest timestamp read so far, -1 at first. */
  readonly timestamp?: (value: V, key: K, recordTimestamp: number, partitionTime: number) => number;
  readonly offsetReset?: 'earliest' | 'latest' | 'none';
}

/** How results are written (JVM: Produced). */
export interface Produced<K, V> {
  readonly name?: string;
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  readonly partitioner?: (topic: string, key: K, value: V, partitionCount: number) => number;
}

/** How records go through a repartition topic; `name` is the topic's (JVM: Grouped). */
export interface Grouped<K, V> {
  readonly name?: string;
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
}

/** JVM: Repartitioned. */
export interface Repartitioned<K, V> extends Grouped<K, V> {
  readonly partitions?: number;
}

/** How a table is kept (JVM: Materialized); `name` is the store's and its changelog's. */
export interface Materialized<K, V> {
  readonly name?: string;
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** The record cache: one update a key and commit. @default true */
  readonly caching?: boolean;
  /** A changelog topic. @default true */
  readonly logging?: boolean;
  /** Settings of the changelog topic. */
  readonly logConfig?: Readonly<Record<string, string>>;
  /** In memory instead of on disk. @default false */
  readonly inMemory?: boolean;
  /** For windows: how long they are kept. @default size + grace */
  readonly retention?: Duration;
}

/** A name for the node (JVM: Named). */
export interface Named {
  readonly name?: string;
}

/** How a processor stands in the topology. */
export interface ProcessOptions extends Named {
  /** Stores that it uses, by name or as they were declared. */
  readonly stores?: readonly (string | { readonly name: string })[];
}
