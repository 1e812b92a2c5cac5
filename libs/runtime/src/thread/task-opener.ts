/**
 * Opens tasks: the order of its steps is what makes a hand-over safe.
 *
 * 1. Committed offsets, waiting for open transactions of the last owner (requireStable): what it committed is final then, since its
 *    generation is over.
 * 2. The store; another thread of this process may still be closing it.
 * 3. The ends of the changelogs, read after 1: they include all that the last owner committed.
 */
import { MillraceError, millraceError, type Clock, type Logger } from '@millrace/base';
import type {
  CommittedOffset,
  GroupMember,
  KafkaClient,
  OffsetToCommit,
  StateEngines,
  TopicPartition,
} from '@millrace/ports';
import type { OffsetReset } from '@millrace/topology';
import type { ApplicationPlan } from '../application/application-plan.ts';
import type { RestoreRange } from './changelog-restorer.ts';
import type { KeptEngines } from '../standby/kept-engines.ts';
import type { StreamTask } from '../task/stream-task.ts';
import { encodeOffsetMetadata } from '../task/offset-metadata.ts';
import type { TaskSlot } from './task-slot.ts';

export interface TaskOpenerOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engines: StateEngines;
  readonly plan: ApplicationPlan;
  readonly offsetReset: OffsetReset;
  /** Exactly once: offsets under an open transaction are waited for. */
  readonly requireStable: boolean;
  readonly makeTask: (slot: TaskSlot, kept: KeptEngines | undefined) => StreamTask;
  /** Ends the copy of a task that this process keeps, and gives its engines. */
  readonly takeStandby: (task: string) => Promise<KeptEngines | undefined>;
}

/** How often and how long a store that somebody holds is tried. */
const lockRetry = { everyMs: 100, times: 300 };

export class TaskOpener {
  readonly #options: TaskOpenerOptions;

  constructor(options: TaskOpenerOptions) {
    this.#options = options;
  }

  /** Opens the slot's task. Resolves with what must be restored, or with undefined when the slot is gone meanwhile. */
  async open(slot: TaskSlot, group: GroupMember): Promise<readonly RestoreRange[] | undefined> {
    const committed = await group.committed(slot.inputs, this.#options.requireStable);
    if (isGone(slot)) return undefined;
    slot.start = await this.#startOf(slot.inputs, committed);
    if (isGone(slot)) return undefined;
    const kept = await this.#options.takeStandby(slot.text);
    if (isGone(slot)) {
      await kept?.disk.close();
      return undefined;
    }
    const task = this.#options.makeTask(slot, kept);
    slot.task = task;
    await this.#openStore(slot, task);
    if (isGone(slot)) return undefined;
    const ranges = await this.#ranges(task, committed);
    if (ranges !== undefined) return ranges;
    const { logger, engines } = this.#options;
    logger.log('warn', 'The local state does not fit its changelog any more; it is restored anew.', {
      task: slot.text,
    });
    await task.close();
    await engines.destroy(slot.text);
    await this.#openStore(slot, task);
    return this.#ranges(task, committed);
  }

  async #openStore(slot: TaskSlot, task: StreamTask): Promise<void> {
    const { clock, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await task.open();
      } catch (error) {
        const isLocked = MillraceError.is(error) && error.code === 'MR_STATE_LOCKED';
        if (!isLocked || attempt >= lockRetry.times || isGone(slot)) throw error;
        if (attempt % 10 === 1)
          logger.log('info', 'Waiting for a store that is still open elsewhere.', { task: slot.text });
        await clock.sleep(lockRetry.everyMs);
      }
    }
  }

  /** What the changelogs have beyond the store; undefined when the store's position is not in its changelog. */
  async #ranges(task: StreamTask, committed: readonly CommittedOffset[]): Promise<readonly RestoreRange[] | undefined> {
    const stored = task.changelogs();
    if (stored.length === 0) return [];
    const { admin } = this.#options.client;
    // The high watermark: open transactions are waited for, which may hold what the last owner is about to commit.
    const ends = await admin.listOffsets(stored, 'latest', 'read_uncommitted');
    const starts = await admin.listOffsets(stored, 'earliest', 'read_uncommitted');
    const ranges = stored.map(({ topic, partition, store, offset, isSource = false }) => {
      const begin = offsetOf(starts, { topic, partition });
      const end = offsetOf(ends, { topic, partition });
      // What is not processed yet is no state yet (JVM: the committed offset is the end).
      const to = isSource ? Math.max(begin, Math.min(end, offsetOf(committed, { topic, partition }))) : end;
      return { topic, partition, store, from: offset < 0 ? begin : offset, begin, to };
    });
    return ranges.some(({ from, begin, to }) => from < begin || from > to) ? undefined : ranges;
  }

  /** Committed positions, and where inputs without one begin. */
  async #startOf(
    inputs: readonly TopicPartition[],
    committed: readonly CommittedOffset[],
  ): Promise<readonly OffsetToCommit[]> {
    const without = inputs.filter((input) => !committed.some((one) => isSame(one, input)));
    const starts: OffsetToCommit[] = [...committed];
    const metadata = encodeOffsetMetadata(-1);
    for (const input of without) {
      const offset = await this.#resetOffset(input);
      starts.push({ ...input, offset, metadata });
    }
    return starts;
  }

  async #resetOffset(input: TopicPartition): Promise<number> {
    const { client, clock, requireStable } = this.#options;
    const isolation = requireStable ? 'read_committed' : 'read_uncommitted';
    const reset = this.#resetOf(input);
    if (typeof reset === 'object') {
      const timestamp = Math.max(0, clock.now() - reset.byDurationMs);
      const [found] = await client.admin.listOffsets([input], { timestamp }, isolation);
      if (found !== undefined && found.offset >= 0) return found.offset;
    }
    const at = reset === 'earliest' ? 'earliest' : 'latest';
    return offsetOf(await client.admin.listOffsets([input], at, isolation), input);
  }

  #resetOf({ topic, partition }: TopicPartition): Exclude<OffsetReset, 'none'> {
    const reset = this.#options.plan.inputs.get(topic)?.offsetReset ?? this.#options.offsetReset;
    if (reset === 'none') throw millraceError('MR_RUNTIME_OFFSET_RESET', { topic, partition });
    return reset;
  }
}

/** Reads the phase afresh: it may have changed while something was awaited. */
function isGone(slot: TaskSlot): boolean {
  return slot.phase === 'gone';
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}

function offsetOf(found: readonly (TopicPartition & { readonly offset: number })[], wanted: TopicPartition): number {
  return found.find((one) => isSame(one, wanted))?.offset ?? 0;
}
