import type { Serde } from '@millrace/serde';
import type { OffsetReset } from './offset-reset.ts';
import type { Operation } from './operation.ts';
import type { FunctionRef, SerdeRef } from './references.ts';

/**
 * A topology as plain data: JSON-safe, deterministic, printable. Functions and serdes stand beside it in a `Program`, under names.
 * Node names and internal topic names follow Kafka Streams' rules (reference: kafka-streams 3.1).
 */
export interface Topology {
  /** In the order of building; parents come before children. */
  readonly nodes: readonly TopologyNode[];
  readonly stores: readonly StoreSpec[];
  /** Repartition topics, without the application id in front; see `internalTopicName`. */
  readonly repartitionTopics: readonly RepartitionTopicSpec[];
  /** For each join the source nodes whose topics it brings together. */
  readonly copartitions?: readonly (readonly string[])[];
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode;

/** A regular expression as data. A topic matches when its whole name does. */
export interface TopicPattern {
  /** What stands between the slashes. */
  readonly source: string;
  /** Those that change what matches: `i`, `s`, `u`, `v`. */
  readonly flags: string;
}

export interface SourceNode {
  readonly kind: 'source';
  readonly name: string;
  /** Names of user topics; or exactly one repartition topic, as it stands in `repartitionTopics`, with `internal` true. */
  readonly topics: readonly string[];
  /** All topics that match; `topics` is empty until it is known which there are. */
  readonly pattern?: TopicPattern;
  readonly internal: boolean;
  /** True: every instance reads all partitions into a store of its own, beside all tasks. */
  readonly global?: boolean;
  /** Null: the configured default serde. */
  readonly keySerde: SerdeRef | null;
  readonly valueSerde: SerdeRef | null;
  /** The values are messages of the library itself around values with `valueSerde`. */
  readonly wrapped?: WrappedValue;
  /** (value, key, recordTimestamp, partitionTime) => ms; null: the record's own timestamp, which must not be negative. */
  readonly timestampExtractor: FunctionRef | BuiltInExtractor | null;
  /** Null: the configured default. */
  readonly offsetReset: OffsetReset | null;
}

/** What is done with a record without a valid timestamp of its own; `wallclock` takes the time of reading for all. */
export interface BuiltInExtractor {
  readonly builtIn: 'logAndSkipOnInvalidTimestamp' | 'usePartitionTimeOnInvalidTimestamp' | 'wallclock';
}

export interface ProcessorNode {
  readonly kind: 'processor';
  readonly name: string;
  readonly parents: readonly string[];
  readonly operation: Operation;
}

export interface SinkNode {
  readonly kind: 'sink';
  readonly name: string;
  readonly parents: readonly string[];
  /** Empty where `topicExtractor` gives it. */
  readonly topic: string;
  readonly topicExtractor?: TopicExtractorSpec;
  /** True for repartition topics: `topic` is their name without the application id. */
  readonly internal: boolean;
  readonly keySerde: SerdeRef | null;
  readonly valueSerde: SerdeRef | null;
  /** As in SourceNode. */
  readonly wrapped?: WrappedValue;
  /** (topic, key, value, partitionCount) => partition, or several, or undefined for the hash of the key; null: murmur2 of the key bytes. */
  readonly partitioner: FunctionRef | null;
}

/** Chooses the topic of each record: (key, value, context) => topic. `name` is what `describe` shows. */
export interface TopicExtractorSpec {
  readonly extractor: FunctionRef;
  readonly name: string;
}
/**
 * What internal topics and stores carry: changes of table rows (old and new value), and the messages of foreign-key joins. `subscription` holds a primary
 * key: its serde stands in place of the value's, and is inherited as a key's.
 */
export type WrappedValue = 'change' | 'subscription' | 'subscriptionResponse';

export interface RepartitionTopicSpec {
  /** For instance `by-hashtag-repartition`. */
  readonly name: string;
  /** Null: as many as the widest source topic of the sub-topology that writes it. */
  readonly partitions: number | null;
}

/** What a store is; the state directory and the changelog topic are named after it. */
export interface StoreSpec {
  readonly name: string;
  /**
   * `suppressBuffer`: changes that wait, in memory. `join`: records of a join's side under their times, or any window store with duplicates; `joinWaiting`: those without a partner
   * so far. `versioned`: rows with their history. `joinBuffer`: records of a stream that wait for a versioned table.
   */
  readonly kind:
    'keyValue' | 'window' | 'session' | 'versioned' | 'suppressBuffer' | 'join' | 'joinWaiting' | 'joinBuffer';
  /** Rows have a timestamp of their own, as those of the DSL's tables. @default true */
  readonly timestamped?: boolean;
  /** False: kept in memory (restored from the changelog at every start). */
  readonly persistent: boolean;
  /** The record cache: one update a key and commit (kafka-streams 2.9). */
  readonly caching: boolean;
  /** False: no changelog topic. */
  readonly logging: boolean;
  readonly logConfig: Readonly<Record<string, string>>;
  readonly keySerde: SerdeRef | null;
  readonly valueSerde: SerdeRef | null;
  readonly wrapped?: WrappedValue;
  /**
   * The user topic that the store is a copy of: it is restored from there, as far as its records are processed, and has no changelog (`logging` is
   * false).
   */
  readonly sourceTopic?: string;
  /** Ranges of it are read while a record is processed: where the engine on disk cannot do that, it is kept in memory. */
  readonly scanned?: true;
  /** Of `joinWaiting`: the serde of the right side; `valueSerde` is that of the left one. */
  readonly otherValueSerde?: SerdeRef | null;
  /** For window stores: size of a window and how long windows are kept, in event time. Sessions have a size of 0. */
  readonly window: WindowStoreSpec | null;
  /** In the JVM library's format with headers (KIP-1271): deletions are logged with those of their record. */
  readonly headersFormat?: true;
  /** Rows have headers of their own, which are those of their changelog records (KIP-1271: `Stores...WithHeaders`). */
  readonly keepsHeaders?: boolean;
  /** Keeps so many rows at most, those used last. */
  readonly maxEntries?: number;
  /** Without a record cache rows lose their time: those of a table in a plain store (JVM). */
  readonly keepsTimestamps?: false;
  /** For versioned stores. */
  readonly history?: HistorySpec;
  /** Of `joinBuffer`: how long records wait, ms of event time. */
  readonly graceMs?: number;
  /** Topic name that the serdes are told; the changelog's when absent. */
  readonly serdeTopic?: string;
}

/** How far back a store keeps versions, and in which pieces it forgets them; ms of event time. */
export interface HistorySpec {
  readonly historyMs: number;
  readonly segmentMs: number;
}

export interface WindowStoreSpec {
  readonly sizeMs: number;
  readonly retentionMs: number;
  /** What the changelog keeps; as the store when absent. */
  readonly changelogRetentionMs?: number;
  /** Windows are looked for by key and time, not by key and start. @default false */
  readonly byKey?: boolean;
  /** Of final results, on disk: kept in the order of time, and read a millisecond longer (JVM). @default false */
  readonly timeOrdered?: boolean;
}

/** Everything a topology needs to run. */
export interface Program {
  /** The nodes and stores as plain data. */
  readonly topology: Topology;
  /** What users gave: mappers, predicates, suppliers. */
  readonly functions: Readonly<Record<FunctionRef, (...args: never[]) => unknown>>;
  /** How bytes become keys and values. */
  readonly serdes: Readonly<Record<SerdeRef, Serde<unknown>>>;
}
