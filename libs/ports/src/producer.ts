import type { GroupMetadata } from './group-member.ts';
import type { OffsetToCommit } from './offset.ts';
import type { Header } from './topic.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface ProducerOptions {
  readonly compression?: Compression;
  /** A batch of a partition is sent when it holds this much. @default 256 KiB */
  readonly batchBytes?: number;
  /** `batchBytes` of topics that take less at once (`max.message.bytes`), by name. */
  readonly topicBatchBytes?: ReadonlyMap<string, number>;
  /** A batch that is not full is sent after this long. @default 5 */
  readonly lingerMs?: number;
  /** `append` refuses (returns false) past this. @default 32 MiB */
  readonly bufferBytes?: number;
  /** A record larger than this is refused before it is sent. @default 1 MiB */
  readonly maxRequestBytes?: number;
  /** How long one batch is retried. @default 120000; in transactions without bound */
  readonly deliveryTimeoutMs?: number;
}

export interface TransactionalProducerOptions extends ProducerOptions {
  readonly transactionalId: string;
  /** The coordinator aborts a transaction that is open longer. @default 10000 */
  readonly transactionTimeoutMs?: number;
  /** The group whose offsets its transactions commit. With it, and with topics that are prepared before `init`, what a crash left open is ended. */
  readonly groupId?: string;
}

/** An idempotent producer: what is acknowledged is in the log once, in order per partition. */
export interface RecordProducer {
  /**
   * Encodes the record into the open batch of its partition, synchronously; the arguments are not kept.
   * False when the buffer is full: the record was taken all the same, but await `ready` before appending more.
   * Throws what an earlier batch failed with, and MR_CLIENT_RECORD_TOO_LARGE.
   */
  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly Header[],
  ): boolean;
  /** Resolves when there is room again. */
  ready(): Promise<void>;
  /** Number of partitions, known after `prepare`. */
  partitionCount(topic: string): number;
  /** Learns leaders and partition counts of topics, so that `append` can be synchronous. Rejects for missing topics. */
  prepare(topics: readonly string[]): Promise<void>;
  /** Sends everything and waits for the acknowledgements; rejects with the first error. */
  flush(): Promise<void>;
  /**
   * The offset after the last acknowledged record that this producer wrote to a partition; undefined before the first one.
   * The runtime stores it with local state as the changelog position.
   */
  endOffset(topic: string, partition: number): number | undefined;
  close(): Promise<void>;
}

/**
 * A transactional producer (KIP-98, KIP-447, KIP-890). Call order: init, then (append..., sendOffsets, commit | abort) again and again.
 * A transaction begins by itself with the first `append` or `sendOffsets`.
 *
 * Rejections by severity: `fenced` - another incarnation owns the id or the group moved on: drop the tasks, make a new producer.
 * `retriable` with code MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN from `commit` - call `init` again, then read the committed offsets to learn which way it went.
 * MR_CLIENT_TRANSACTION_ABORTABLE - call `abort`.
 */
export interface TransactionalProducer extends RecordProducer {
  /** Takes the id over: fences older incarnations, aborts their open transaction. */
  init(): Promise<void>;
  /**
   * Adds input positions to the transaction; may run while batches are in flight. A group that enters its next generation just then refuses
   * the last one: given a function, the producer asks again as soon as the same membership has joined the new one.
   */
  sendOffsets(offsets: readonly OffsetToCommit[], group: GroupMetadata | (() => GroupMetadata)): Promise<void>;
  /** Flushes, then ends the transaction. An empty transaction is skipped (resolves false), otherwise true. */
  commit(): Promise<boolean>;
  /** Ends the transaction without effect; what was appended and not sent is dropped. Safe in every state but fenced. */
  abort(): Promise<void>;
}
