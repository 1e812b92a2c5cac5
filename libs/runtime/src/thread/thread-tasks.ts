/**
 * The tasks of one stream thread: opens those that the group gave, restores them beside the running ones, closes those that go.
 *
 * Opening and restoring run in the background; the thread takes their results with `step`, between batches. A slot that is gone is
 * never touched again: every background step looks at its phase after it has waited.
 */
import type { GroupMember, OffsetToCommit } from '@millrace/ports';
import { taskInputs, type ApplicationPlan } from '../application/application-plan.ts';
import type { ChangelogRestorer } from './changelog-restorer.ts';
import { ofTask, TaskFailure } from './failure.ts';
import type { StreamTask, TaskId } from '../task/stream-task.ts';
import { TaskMetrics } from '../task/task-metrics.ts';
import type { TaskOpener } from './task-opener.ts';
import type { RunningSlot, TaskSlot } from './task-slot.ts';

export interface ThreadTasksOptions {
  readonly plan: ApplicationPlan;
  readonly group: GroupMember;
  readonly opener: TaskOpener;
  readonly restorer: ChangelogRestorer;
  /** Called when `step` has something to do. */
  readonly notify: () => void;
  /** A task is closed: how far its state is, for the assignor, and what it counted. */
  readonly closed: (slot: TaskSlot, storedOffsets: number) => void;
}

export class ThreadTasks {
  readonly #options: ThreadTasksOptions;
  readonly #slots = new Map<string, TaskSlot>();
  #running: readonly RunningSlot[] = [];
  #failures: { readonly slot: TaskSlot; readonly thrown: unknown }[] = [];

  constructor(options: ThreadTasksOptions) {
    this.#options = options;
  }

  get slots(): readonly TaskSlot[] {
    return [...this.#slots.values()];
  }

  /** Tasks that process, in the order of their ids. */
  get running(): readonly RunningSlot[] {
    return this.#running;
  }

  /** Begins to open a task, unless it is there. */
  open(id: TaskId, text: string): void {
    if (this.#slots.has(text)) return;
    const slot: TaskSlot = {
      id,
      text,
      inputs: taskInputs(this.#options.plan, id),
      metrics: new TaskMetrics(),
      phase: 'opening',
      task: undefined,
      start: [],
      missing: [],
      pending: undefined,
      applying: undefined,
      waitsUntilMs: new Map(),
    };
    this.#slots.set(text, slot);
    this.#inBackground(slot, 'pending', () => this.#open(slot));
  }

  /** Lets a task read ahead what its queued records need. */
  prefetch(slot: RunningSlot): void {
    if (slot.pending !== undefined) return;
    const wait = slot.task.prefetch();
    if (wait !== undefined) this.#inBackground(slot, 'pending', () => wait);
  }

  /** Writes what was just committed; `apply` takes what it needs before this returns. */
  apply(slot: RunningSlot): void {
    this.#inBackground(slot, 'applying', () => slot.task.apply());
  }

  /** Takes what came from the background: gives tasks that begin to process with where they begin. Throws what failed. */
  step(): readonly OffsetToCommit[] {
    this.#throwFailures();
    const begun: OffsetToCommit[] = [];
    const restored = this.#options.restorer.take();
    for (const task of restored) {
      const slot = this.slots.find((one) => one.task === task);
      if (slot === undefined) continue;
      task.start(slot.start);
      slot.phase = 'running';
      begun.push(...slot.start);
    }
    if (restored.length > 0) this.#arrange();
    return begun;
  }

  /** Waits until all that was committed is in the stores; throws what failed. */
  async applied(): Promise<void> {
    for (const { applying } of this.#running) await applying;
    this.#throwFailures();
  }

  /** Closes tasks; what they did not apply is lost. Resolves when their stores are closed. */
  async close(slots: readonly TaskSlot[]): Promise<void> {
    for (const slot of slots) {
      slot.phase = 'gone';
      this.#slots.delete(slot.text);
    }
    this.#arrange();
    const closed = await Promise.allSettled(slots.map((slot) => ofTask(slot.id, () => this.#close(slot))));
    this.#failures = this.#failures.filter(({ slot }) => slot.phase !== 'gone');
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  }

  /** Ends for good; the tasks are closed. */
  end(): Promise<void> {
    return this.#options.restorer.close();
  }

  async #open(slot: TaskSlot): Promise<void> {
    const { opener, group, restorer } = this.#options;
    const ranges = await opener.open(slot, group).catch((error: unknown) => {
      // Nobody waits for a slot that is gone; its member may have left the group.
      if (slot.phase === 'gone') return undefined;
      throw error;
    });
    if (ranges === undefined || slot.phase === 'gone') return;
    slot.missing = ranges;
    slot.phase = 'restoring';
    restorer.add(slot.task as StreamTask, ranges);
  }

  async #close(slot: TaskSlot): Promise<void> {
    const { task } = slot;
    // Before its store is opened there is nothing to wait for: the wait for another's transaction may be long.
    if (task === undefined) return;
    await slot.pending;
    await slot.applying;
    await this.#options.restorer.remove(task);
    const kept = task.changelogs().filter(({ inMemory }) => inMemory !== true);
    const offsets = kept.reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
    await task.close();
    this.#options.closed(slot, offsets);
  }

  /**
   * Runs something of a task beside the loop. What it throws comes out of `step`; until then the task rests, as while it was under way:
   * records whose schemas could not be had must not be processed as if they had none.
   */
  #inBackground(slot: TaskSlot, kind: 'pending' | 'applying', work: () => Promise<void>): void {
    const done = (): void => void (slot[kind] = undefined);
    const failed = (thrown: unknown): void => void this.#failures.push({ slot, thrown });
    slot[kind] = ofTask(slot.id, work)
      .then(done, failed)
      .finally(() => this.#options.notify());
  }

  #throwFailures(): void {
    const failed = this.#failures.shift();
    if (failed !== undefined) throw failed.thrown;
    const failure = this.#options.restorer.failure();
    if (failure === undefined) return;
    const slot = this.slots.find(({ task }) => task !== undefined && task === failure.task);
    throw slot === undefined ? failure.error : new TaskFailure(slot.id, failure.error);
  }

  #arrange(): void {
    const running = this.slots.filter((slot): slot is RunningSlot => slot.phase === 'running');
    this.#running = running.sort(({ id: a }, { id: b }) => a.subtopology - b.subtopology || a.partition - b.partition);
  }
}
