/**
 * Where a stream thread's records and offsets go. Two kinds: one transaction a commit (exactly once), or a flush and an offset commit
 * (at least once). The thread sees no difference: it appends, commits, and after a failure discards.
 */
import { invariant, type MillraceError, type Clock } from '@millrace/base';
import type { GroupMember, Header, OffsetToCommit, RecordProducer } from '@millrace/ports';
import type { RecordCollector } from '../task/stream-task.ts';

/**
 * How a commit ended. `redo`: it had no effect, or whether it had one does not matter any more: drop the tasks and begin again from the
 * committed offsets.
 */
export type CommitOutcome = { readonly type: 'committed' } | { readonly type: 'redo'; readonly error: MillraceError };

/** Call order: open, then (append ..., commit | discard) again and again, then close. */
export interface ThreadOutput {
  readonly collector: OutputCollector;
  /** Makes it ready to append; does nothing when it is. */
  open(): Promise<void>;
  /**
   * Commits what was appended together with input positions, as a member of the group. Rejects `fenced` when others own the work now,
   * `retriable` when it had no effect: then `discard`.
   */
  commit(offsets: readonly OffsetToCommit[], group: GroupMember): Promise<CommitOutcome>;
  /** Takes back what was appended and not committed. Never rejects: what cannot be taken back in order is left to a new producer. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/** The collector that tasks keep, over the producer that the output has now. */
export class OutputCollector implements RecordCollector {
  #producer: RecordProducer | undefined;
  #isFull = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(producer: RecordProducer | undefined): void {
    this.#producer = producer;
    this.#isFull = false;
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number | null,
    headers?: readonly Header[],
  ): void {
    if (!this.#attached().append(topic, partition, key, value, timestamp ?? this.#clock.now(), headers))
      this.#isFull = true;
  }

  partitionCount(topic: string): number {
    return this.#attached().partitionCount(topic);
  }

  endOffset(topic: string, partition: number): number | undefined {
    return this.#producer?.endOffset(topic, partition);
  }

  /** True from an append that filled the producer's buffer until `drained`. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Resolves when there is room again. */
  async drained(): Promise<void> {
    if (!this.#isFull) return;
    await this.#producer?.ready();
    this.#isFull = false;
  }

  #attached(): RecordProducer {
    invariant(this.#producer, 'tasks append only while their output is open');
    return this.#producer;
  }
}
