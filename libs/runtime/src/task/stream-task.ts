import type { FetchedBatch, Header, OffsetToCommit, TopicPartition } from '@millrace/ports';
import type { StateStore } from '@millrace/state';

/** A task: one partition of one sub-topology. Its text form is `0_3`. */
export interface TaskId {
  readonly subtopology: number;
  readonly partition: number;
}

/** Where a task's records go: the thread's producer, reduced to what the record path needs. */
export interface RecordCollector {
  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    /** Null: the time at which it is sent. */
    timestamp: number | null,
    headers?: readonly Header[],
  ): void;
  partitionCount(topic: string): number;
  /** Offset after the last acknowledged record of a partition, see RecordProducer.endOffset. */
  endOffset(topic: string, partition: number): number | undefined;
}

/** A changelog partition that a task must have read before it may process. */
export interface ChangelogPosition extends TopicPartition {
  readonly store: string;
  /** Next changelog offset to apply; -1: nothing stored, start at the beginning. */
  readonly offset: number;
  /** The store is kept in memory: nothing of it is left when the task is closed. */
  readonly inMemory?: boolean;
  /** The store is a copy of an input: what is restored is what was processed of it, no more. */
  readonly isSource?: boolean;
}

/** How far the asynchronous steps of a task are. A commit covers whole input records: it has to wait for those that are under way. */
export interface AsyncProgress {
  /** A record is under way, or waits to be delivered. */
  readonly isBusy: boolean;
  /** All that is under way pauses after failures. */
  readonly isResting: boolean;
  /** A commit is coming: no input record is processed before it. Throws MR_RUNTIME_ASYNC_OVERDUE when that has taken too long. */
  hold(): void;
  /** Resolves when something can be delivered, or nothing will be any more; during `hold`, also when that has taken too long. */
  something(): Promise<void>;
}

/**
 * The life of a task, as the stream thread drives it:
 *
 *   open ─▶ (restore …) ─▶ start ─▶ ( accept ─▶ prefetch ─▶ process … ─▶ seal ─▶ [transaction commits] ─▶ apply )* ─▶ close
 *
 * Only `open`, `restore`, `prefetch`, `apply` and `close` wait, and `seal` where it must; `accept` and `process` are synchronous.
 * Nothing reaches the engine before `apply`, so an aborted transaction leaves no trace: `close` drops what was staged, and writes what is
 * committed.
 */
export interface StreamTask {
  readonly id: TaskId;
  /** Input partitions of the task (sources of its sub-topology that have this partition). */
  readonly inputs: readonly TopicPartition[];
  /** Opens the engine and serdes; afterwards `changelogs` tells what must be restored. */
  open(): Promise<void>;
  changelogs(): readonly ChangelogPosition[];
  /** Applies changelog records and the new position in one atomic write. */
  restore(batch: FetchedBatch): Promise<void>;
  /** Begins processing. `committed` holds the committed input positions with their metadata (partition times). */
  start(committed: readonly OffsetToCommit[]): void;
  /** Queues records of an input partition. */
  accept(batch: FetchedBatch): void;
  /** A topic of its sources has one more partition. For the task of global stores, which has them all. */
  widen(input: TopicPartition): void;
  /** Records queued and not yet processed; the thread pauses partitions whose queue is long. */
  bufferedRecords(partition: TopicPartition): number;
  /** Reads what the next records will need (state, schemas), writes what a resting task still holds back; undefined when there is nothing. */
  prefetch(): Promise<void> | undefined;
  /**
   * Processes up to `limit` records in timestamp order over the inputs; gives their number. Stops where something must be read first: then
   * `prefetch` waits for it. Throws with the exact position. With 0 it only reads the heads whose times it has to know.
   */
  process(limit: number): number;
  /** Gives up the record that `process` has thrown at, for tests that go on behind it: an application tries it again, from what is committed. */
  passOverFailed(): void;
  /** When the next punctuation of the wall clock is due, ms since 1970; Infinity when none is planned. */
  readonly punctuatesAtMs: number;
  /** Fires punctuations of the wall clock that are due; `process` does so too. */
  punctuate(): void;
  /** True when something was processed or changed since the last `seal`. */
  readonly dirty: boolean;
  /** A processor has asked for a commit since the last one. */
  readonly wantsCommit: boolean;
  /**
   * Flushes caches through the topology and appends changelog records; afterwards `offsets` is what to commit. Undefined when that is done; a
   * promise where final results have to be read first, which go out with the record that closed their windows. Nothing is processed meanwhile.
   */
  seal(): Promise<void> | undefined;
  /** Input positions to commit with the sealed effects, with the JVM's metadata. */
  offsets(): readonly OffsetToCommit[];
  /**
   * The transaction is committed: sealed data and changelog positions go to the engine in one atomic write, now or together with those of
   * the next commits.
   */
  apply(): Promise<void>;
  /** Bytes of staged changes; the thread commits early when they grow large. */
  stagedBytes(): number;
  /** What is under way in asynchronous steps; undefined when the task has none. */
  readonly async: AsyncProgress | undefined;
  /** Takes up to `limit` results of asynchronous steps, and nothing else; gives their number. `process` does so first. */
  deliver(limit: number): number;
  /** A store, to read from outside between two calls of the task. */
  store(name: string): StateStore | undefined;
  /** Drops all that was not applied and ends the task; the engine is closed. Idempotent. */
  close(): Promise<void>;
}

export function taskIdText(id: TaskId): string {
  return `${id.subtopology}_${id.partition}`;
}
