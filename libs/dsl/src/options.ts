import type { Duration } from '@millrace/base';
import type { Serde } from '@millrace/serde';
import type { RecordContext } from '@millrace/topology';
import type { KStream } from './k-stream.ts';
import type { AutoOffsetReset } from './offset-reset.ts';
import type { VersionedOptions } from './store-kind.ts';

/**
 * Event time of a record, in ms since 1970 (JVM: TimestampExtractor). `partitionTime` is the greatest timestamp read from the partition so far, -1 at
 * first. A record with a negative time is passed over and counted as dropped.
 */
export type TimestampExtractor<K, V> = (value: V, key: K, recordTimestamp: number, partitionTime: number) => number;

/**
 * The JVM's own extractors. A record without a valid timestamp stops the application (`failOnInvalidTimestamp`, the default), is passed over and
 * counted, or takes the partition time; `wallclock` gives every record the time at which it is read.
 */
export type InvalidTimestampPolicy =
  'failOnInvalidTimestamp' | 'logAndSkipOnInvalidTimestamp' | 'usePartitionTimeOnInvalidTimestamp' | 'wallclock';

/**
 * The partition of a record, counted from 0; several: a copy goes to each; none (`[]`): the record is dropped and counted; undefined: the hash of its
 * key decides (JVM: StreamPartitioner).
 */
export type StreamPartitioner<K, V> = (
  topic: string,
  key: K,
  value: V,
  partitionCount: number,
) => number | readonly number[] | undefined;

/**
 * The topic of each record, which must exist (JVM: TopicNameExtractor). `describe` shows the name of the function.
 */
export type TopicNameExtractor<K, V> = (key: K, value: V, context: RecordContext) => string;

/** How records of source topics are read (JVM: Consumed). */
export interface Consumed<K, V> {
  /** Name of the source node. @default one that counts up */
  readonly name?: string;
  /** The configured default (`default.key.serde`) when absent. */
  readonly key?: Serde<K>;
  /** The configured default (`default.value.serde`) when absent. */
  readonly value?: Serde<V>;
  /** Event time in ms. When absent it is the record's own timestamp; a record that has none stops the application. */
  readonly timestamp?: TimestampExtractor<K, V> | InvalidTimestampPolicy;
  /** Where a new group begins to read. @default `auto.offset.reset` of the configuration */
  readonly offsetReset?: AutoOffsetReset;
}

/** How results are written (JVM: Produced). */
export interface Produced<K, V> {
  /** Name of the sink node. @default one that counts up */
  readonly name?: string;
  /** The serde that the stream has, else the configured default, when absent. */
  readonly key?: Serde<K>;
  /** The serde that the stream has, else the configured default, when absent. */
  readonly value?: Serde<V>;
  /** Which partition a record goes to. @default the hash of its key, as Kafka's own producers do it */
  readonly partitioner?: StreamPartitioner<K, V>;
}

/** How records go through a repartition topic; `name` is the topic's (JVM: Grouped). */
export interface Grouped<K, V> {
  /** Name of the repartition topic, `<application>-<name>-repartition`, if one is needed. */
  readonly name?: string;
  /** The serde that the stream has, else the configured default, when absent. */
  readonly key?: Serde<K>;
  /** The serde that the stream has, else the configured default, when absent. */
  readonly value?: Serde<V>;
}

/** JVM: Repartitioned. */
export interface Repartitioned<K, V> extends Grouped<K, V> {
  /** Partitions of the topic; at least 1. @default as many as the stream's sources have */
  readonly partitions?: number;
  /** Which partition a record goes to. @default the hash of its key */
  readonly partitioner?: StreamPartitioner<K, V>;
}

/** A branch of a split (JVM: Branched). */
export interface Branched<K, V> {
  /** The branch is called `<name of the split><name>`; without it, `<name of the split><position>`, where the default branch has 0. */
  readonly name?: string;
  /** Is given the branch, which is then not among what the split gives. */
  readonly consumer?: (branch: KStream<K, V>) => void;
  /** Makes of the branch what stands for it in what the split gives; null or undefined: nothing does. */
  readonly function?: (branch: KStream<K, V>) => KStream<K, V> | null | undefined;
}

/** How a table is kept (JVM: Materialized); `name` is the store's and its changelog's. */
export interface Materialized<K, V> {
  /** Name of the store; its changelog topic is `<application>-<name>-changelog`. A table that is computed from others is kept only with a name. */
  readonly name?: string;
  /** The serde that the stream or table has, else the configured default, when absent. */
  readonly key?: Serde<K>;
  /** The serde of what is kept. Where the values are those of the stream or table its serde is taken, else the configured default, when absent. */
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
  /** Keeps the earlier values of each row; the store needs a name and is never cached. @throws MR_TOPOLOGY_STORE_KIND */
  readonly versioned?: VersionedOptions;
  /** Keeps so many rows at most, in memory: the one used longest ago goes when a new one comes. @throws MR_TOPOLOGY_STORE_KIND */
  readonly maxEntries?: number;
  /** False: without a record cache rows lose their time, as in the JVM library's plain persistent stores. @default true */
  readonly keepsTimestamps?: boolean;
  /**
   * For windows: how long the store keeps rows whatever the windows need, as store suppliers say it; what is needed longer is lost. The changelog keeps
   * what `retention` says.
   * @default what `retention` says
   */
  readonly storeRetention?: Duration;
}

/** How a table of windows or sessions, or a global one, is kept: those have no versions. */
export interface UnversionedMaterialized<K, V> extends Omit<Materialized<K, V>, 'versioned' | 'maxEntries'> {
  /** Not here. */
  readonly versioned?: never;
  /** Not here. */
  readonly maxEntries?: never;
}

/** A name for the node (JVM: Named). */
export interface Named {
  /** Letters, digits, `.`, `_` and `-`; once in a topology. @default one that counts up */
  readonly name?: string;
}

/** How a processor stands in the topology. */
export interface ProcessOptions extends Named {
  /** Stores that it uses: by name, or as they were declared; then they need not be added before. */
  readonly stores?: readonly (string | { readonly name: string })[];
}
