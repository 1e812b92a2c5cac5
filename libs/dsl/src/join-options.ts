import type { Duration } from '@millrace/base';
import type { Serde } from '@millrace/serde';

/** How two streams are joined (JVM: StreamJoined). Serdes default to those of the streams, then to the configured ones. */
export interface StreamJoined<K, V, V2> {
  /** Begins the names of the nodes, and of repartition topics where they are needed. */
  readonly name?: string;
  /** Begins the names of the stores and their changelogs. */
  readonly storeName?: string;
  /** The serde of the left stream, then of the right one, else the configured default, when absent. */
  readonly key?: Serde<K>;
  /** Of the left stream. */
  readonly value?: Serde<V>;
  /** Of the right stream. */
  readonly otherValue?: Serde<V2>;
  /** Changelog topics. @default true */
  readonly logging?: boolean;
  /** Settings of the changelog topics. */
  readonly logConfig?: Readonly<Record<string, string>>;
  /** In memory only, instead of on disk too. @default false */
  readonly inMemory?: boolean;
}

/** How a stream is joined with a table (JVM: Joined). */
export interface Joined<K, V, V2> {
  /** Name of the node, and of the repartition topic if one is needed. */
  readonly name?: string;
  /** The serde that the stream has, else the configured default, when absent. */
  readonly key?: Serde<K>;
  /** Of the stream. */
  readonly value?: Serde<V>;
  /** Of the table. */
  readonly otherValue?: Serde<V2>;
  /** How long a record waits, in stream time, for the row that was there at its time. The table must be versioned. */
  readonly grace?: Duration;
}
