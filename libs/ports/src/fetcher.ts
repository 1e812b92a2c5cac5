import type { Header, IsolationLevel, TopicPartition } from './topic.ts';

/** Stand for an offset: the first record there is, and the end, as ListOffsets knows them. */
export const earliestOffset = -2;
export const latestOffset = -1;

/** Options of a fetcher. Sizes in bytes, times in ms. */
export interface FetcherOptions {
  readonly isolation: IsolationLevel;
  /** Where to go when a position is out of range or absent: `earliest`, `latest`, or `fail` (poll rejects). @default 'fail' */
  readonly offsetReset?: 'earliest' | 'latest' | 'fail';
  /** How long a broker may hold an empty fetch. @default 500 */
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  /** Per response. @default 50 MiB */
  readonly maxBytes?: number;
  /** Per partition and response. @default 1 MiB */
  readonly maxPartitionBytes?: number;
  /** Fetching stops while this much waits for `poll`. @default 64 MiB */
  readonly maxBufferedBytes?: number;
}

/**
 * Reads partitions that its owner assigned; it knows no group. Fetches ahead in the background, one request a broker.
 * One `poll` at a time.
 */
export interface Fetcher {
  /** Adds partitions at an offset, `earliestOffset` or `latestOffset`, or moves those it has. */
  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void;
  /** Drops partitions; what is buffered for them is thrown away and never comes out of `poll`. */
  unassign(partitions: readonly TopicPartition[]): void;
  /** Paused partitions keep what is buffered, but `poll` does not give it out and nothing more is fetched. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /**
   * Batches in offset order per partition. Resolves at once when data is buffered, else when some arrives,
   * after `maxWaitMs`, or when `wakeup` is called (then maybe empty). Rejects on errors that retrying cannot mend.
   */
  poll(maxWaitMs: number): Promise<FetchedBatch[]>;
  /** Ends a waiting `poll`. */
  wakeup(): void;
  /** The offset after the last record given out by `poll`, past control records and aborted transactions too. */
  position(partition: TopicPartition): number | undefined;
  /** Last seen high watermark (read_uncommitted) or last stable offset (read_committed); undefined before the first fetch. */
  endOffset(partition: TopicPartition): number | undefined;
  close(): Promise<void>;
}

/**
 * Records of one partition as columns over one buffer; control records and aborted transactions are gone already.
 * Index i runs from 0 to count - 1. Views are made on demand and stay valid as long as they are held.
 */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  /** Where the next batch starts: past dropped records too, so a batch may be empty and still move the position. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  offset(i: number): number;
  timestamp(i: number): number;
  key(i: number): Buffer | null;
  value(i: number): Buffer | null;
  headers(i: number): readonly Header[];
}
