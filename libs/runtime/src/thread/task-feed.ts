/** Feeds tasks with what is fetched: hands batches over, holds partitions back whose queues are long, knows what is still to come. */
import { MillraceError, millraceError, type Clock } from '@millrace/base';
import type { FetchedBatch, Fetcher, GroupMember, OffsetToCommit, TopicPartition } from '@millrace/ports';
import type { RunningSlot, TaskSlot } from './task-slot.ts';
import type { ThreadTasks } from './thread-tasks.ts';

export interface TaskFeedOptions {
  readonly fetcher: Fetcher;
  readonly tasks: ThreadTasks;
  readonly group: Pick<GroupMember, 'committed'>;
  readonly clock: Clock;
  readonly bufferedRecordsPerPartition: number;
  readonly maxTaskIdleMs: number;
}

export class TaskFeed {
  readonly #options: TaskFeedOptions;
  readonly #paused = new Map<string, TopicPartition>();

  constructor(options: TaskFeedOptions) {
    this.#options = options;
  }

  /** Begins to read for tasks that begin. */
  begin(positions: readonly OffsetToCommit[]): void {
    if (positions.length > 0) this.#options.fetcher.assign(positions);
  }

  /** Ends reading for tasks that go; nothing of theirs comes any more. */
  end(slots: readonly TaskSlot[]): void {
    const inputs = slots.flatMap((slot) => slot.inputs);
    if (inputs.length === 0) return;
    for (const input of inputs) this.#paused.delete(nameOf(input));
    this.#options.fetcher.unassign(inputs);
  }

  /** Waits for records and gives them to their tasks. */
  async poll(maxWaitMs: number): Promise<void> {
    this.#resume();
    const batches = await this.#options.fetcher.poll(maxWaitMs).catch((error: unknown) => this.#unreadable(error));
    if (batches.length === 0) return;
    const { tasks } = this.#options;
    for (const batch of batches) {
      const slot = tasks.running.find(({ inputs }) => inputs.some((input) => isSame(input, batch)));
      if (slot === undefined) continue;
      slot.task.accept(batch);
      this.#holdBack(slot, batch);
    }
  }

  /**
   * Whether a task may process; it reads first what it needs for that. With several inputs the oldest record goes first, so an empty input is waited
   * for: always while the broker is known to have records of it, and else for max.task.idle.ms (KIP-695).
   */
  mayProcess(slot: RunningSlot): boolean {
    if (slot.pending !== undefined || slot.applying !== undefined) return false;
    this.#options.tasks.prefetch(slot);
    if (isWaiting(slot)) return false;
    return slot.inputs.length === 1 || this.#options.maxTaskIdleMs < 0 || this.#isWhole(slot);
  }

  /** Whether nothing is waited for. The time for an empty input runs from when it is seen to be empty, with or without records of others (JVM). */
  #isWhole({ inputs, task, waitsUntilMs }: RunningSlot): boolean {
    const { maxTaskIdleMs, clock } = this.#options;
    const nowMs = clock.monotonic();
    // Without records there is nothing that could come too early; what was put off is done.
    const isIdle = inputs.every((input) => task.bufferedRecords(input) === 0);
    for (const input of inputs) {
      const isFed = task.bufferedRecords(input) > 0;
      if (isFed || this.#lagOf(input) !== 0) {
        waitsUntilMs.delete(input);
        if (isFed) continue;
        return isIdle;
      }
      const untilMs = waitsUntilMs.get(input) ?? nowMs + maxTaskIdleMs;
      waitsUntilMs.set(input, untilMs);
      if (nowMs < untilMs) return isIdle;
    }
    return true;
  }

  /** Records behind the end of each input: fetched and waiting, or still at the broker. */
  lags(): readonly (TopicPartition & { readonly lag: number })[] {
    return this.#options.tasks.running.flatMap((slot) =>
      slot.inputs.map((input) => ({ ...input, lag: (this.#lagOf(input) ?? 0) + slot.task.bufferedRecords(input) })),
    );
  }

  /**
   * A position that is gone. Where the group has committed another one, this member is behind: others have gone on, and deleted what nobody reads
   * again, before it heard that it was thrown out. The committed position itself must be there; one that a transaction holds still is waited for.
   */
  async #unreadable(error: unknown): Promise<never> {
    if (!MillraceError.is(error) || error.code !== 'MR_CLIENT_OFFSET_OUT_OF_RANGE') throw error;
    const { topic, partition, offset } = error.details as unknown as TopicPartition & { readonly offset: number };
    const [committed] = await this.#options.group.committed([{ topic, partition }], true);
    if (committed?.offset === offset) throw error;
    throw millraceError('MR_RUNTIME_INPUT_MOVED', { where: error.message }, error);
  }

  #lagOf(input: TopicPartition): number | undefined {
    const { fetcher } = this.#options;
    const end = fetcher.endOffset(input);
    const position = fetcher.position(input);
    return end === undefined || position === undefined ? undefined : Math.max(0, end - position);
  }

  #holdBack(slot: RunningSlot, { topic, partition }: FetchedBatch): void {
    const input = { topic, partition };
    if (slot.task.bufferedRecords(input) <= this.#options.bufferedRecordsPerPartition) return;
    if (this.#paused.has(nameOf(input))) return;
    this.#paused.set(nameOf(input), input);
    this.#options.fetcher.pause([input]);
  }

  #resume(): void {
    if (this.#paused.size === 0) return;
    const { tasks, fetcher, bufferedRecordsPerPartition } = this.#options;
    for (const slot of tasks.running) {
      for (const input of slot.inputs) {
        if (!this.#paused.has(nameOf(input))) continue;
        if (slot.task.bufferedRecords(input) > bufferedRecordsPerPartition) continue;
        this.#paused.delete(nameOf(input));
        fetcher.resume([input]);
      }
    }
  }
}

/** Looks anew: a prefetch may have begun. */
function isWaiting({ pending }: RunningSlot): boolean {
  return pending !== undefined;
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
