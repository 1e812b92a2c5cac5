/**
 * The only loop of the runtime: a member of the group that runs the tasks the group gives it. Each turn:
 *
 *   group events ─▶ tasks open, begin, close ─▶ poll ─▶ accept, prefetch ─▶ process a slice ─▶ commit when due
 *
 * The loop is the only place that changes tasks. What runs beside it (opening, restoring, prefetching, writing committed state) is taken up
 * at the next turn, and a task rests while something of it is under way. A turn never holds the event loop much longer than a slice, so
 * heartbeats go out.
 *
 * Nothing of a transaction reaches a store before it is known to be committed. After any failure the tasks are dropped and begun again from
 * the committed offsets: what the broker says is the only truth.
 */
import { millraceError, type Clock, type Logger, type MillraceError, type Random } from '@millrace/base';
import type { Fetcher, GroupEvent, GroupMember } from '@millrace/ports';
import { taskInputs, tasksOf, type ApplicationPlan } from '../application/application-plan.ts';
import type { ClusterView } from '../application/cluster-view.ts';
import { errorOf, GroupFailure, ofTask, ofTaskNow, remedyFor, TaskFailure } from './failure.ts';
import type { LivePlan } from '../application/live-plan.ts';
import { decodeVerdict } from '../group/member-data.ts';
import type { RepartitionPurge } from './repartition-purge.ts';
import { taskIdText, type TaskId } from '../task/stream-task.ts';
import type { TaskFeed } from './task-feed.ts';
import type { RunningSlot, TaskSlot } from './task-slot.ts';
import type { ThreadMetrics } from './thread-metrics.ts';
import type { ThreadOutput } from './thread-output.ts';
import type { ThreadTasks } from './thread-tasks.ts';
import { TimeSlice } from './time-slice.ts';

/**
 *   CREATED ─▶ REBALANCING ⇄ RUNNING ─▶ PENDING_SHUTDOWN ─▶ DEAD
 *
 * REBALANCING: not all the tasks that the group gave are processing yet.
 */
export type ThreadState = 'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'DEAD';

/** What a thread is made of; `thread-parts.ts` puts it together. */
export interface ThreadParts {
  readonly plan: LivePlan;
  readonly group: GroupMember;
  readonly fetcher: Fetcher;
  readonly output: ThreadOutput;
  readonly tasks: ThreadTasks;
  readonly feed: TaskFeed;
  readonly purge: RepartitionPurge;
  readonly metrics: ThreadMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly pollMs: number;
  readonly commitIntervalMs: number;
  /** How long failures that may pass are borne. */
  readonly taskTimeoutMs: number;
  readonly uncommittedMaxBytes: number;
  /** Deletes the local state of a task that is closed. */
  readonly wipe: (task: TaskId) => Promise<void>;
  readonly onState: (state: ThreadState) => void;
  /** While true it polls and commits, and processes nothing. */
  readonly isPaused: () => boolean;
  readonly onCluster: (generation: number, cluster: ClusterView) => void;
  /** See ThreadSettings. */
  readonly topicsMayDiffer: () => void;
}

const backoffMs = { first: 50, max: 5_000 };
/** The event loop gets its turn at least this often while there is work. */
const yieldMs = 10;

export class StreamThread {
  readonly #parts: ThreadParts;
  readonly #slice: TimeSlice;
  #state: ThreadState = 'CREATED';
  #ended: Promise<MillraceError | undefined> | undefined;
  #isStopping = false;
  #leavesGroup = false;
  /** Tasks of the newest assignment; undefined before the first. */
  #wanted: ReadonlyMap<string, TaskId> | undefined;
  /** What takes the place of the plan at the next turn. */
  #nextPlan: ApplicationPlan | undefined;
  #hasWork = false;
  #commitRequested = false;
  /** A commit is due and waits for asynchronous steps. */
  #isHolding = false;
  #commitAtMs: number;
  #yieldedAtMs: number;
  /** When to go on after the last failure. */
  #resumeAtMs = -Infinity;
  #failingSinceMs: number | undefined;

  constructor(parts: ThreadParts) {
    this.#parts = parts;
    this.#slice = new TimeSlice(parts.clock);
    this.#commitAtMs = parts.clock.monotonic() + parts.commitIntervalMs;
    this.#yieldedAtMs = parts.clock.monotonic();
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** Begins; resolves when the thread has ended, with the error when it ended by itself. */
  start(): Promise<MillraceError | undefined> {
    this.#ended ??= this.#run();
    return this.#ended;
  }

  /**
   * Finishes the batch, commits, gives the tasks up and leaves the group; a static member only with `leaveGroup`. `start` resolves afterwards.
   */
  stop({ leaveGroup = false }: { readonly leaveGroup?: boolean } = {}): void {
    this.#isStopping = true;
    this.#leavesGroup = leaveGroup;
    this.#parts.fetcher.wakeup();
  }

  /** Ends a wait for records. */
  wakeup(): void {
    this.#parts.fetcher.wakeup();
  }

  /** Asks for a commit before the next interval ends. */
  requestCommit(): void {
    this.#commitRequested = true;
  }

  /** Goes by another plan from the next turn on: topics have come or gone. */
  follow(plan: ApplicationPlan): void {
    this.#nextPlan = plan;
    this.wakeup();
  }

  async #run(): Promise<MillraceError | undefined> {
    const { group, fetcher } = this.#parts;
    let failure: MillraceError | undefined;
    try {
      this.#become('REBALANCING');
      group.onEvent(() => fetcher.wakeup());
      group.join();
      while (!this.#isStopping) await this.#turn().catch((thrown: unknown) => this.#recover(thrown));
      await this.#commit().catch((thrown: unknown) => this.#recover(thrown));
    } catch (thrown) {
      failure = errorOf(thrown);
    }
    await this.#end(failure);
    return failure;
  }

  async #turn(): Promise<void> {
    const { output, tasks, feed, clock } = this.#parts;
    await this.#takeEvents();
    await this.#takePlan();
    if (clock.monotonic() < this.#resumeAtMs) return feed.poll(this.#waitMs());
    await output.open();
    this.#openWanted();
    feed.begin(tasks.step());
    this.#announce();
    await feed.poll(this.#waitMs());
    if (!this.#parts.isPaused()) this.#punctuate();
    const processed = this.#slice.run(
      tasks.running,
      (slot, limit) => this.#process(slot, limit),
      () => output.collector.isFull,
    );
    this.#hasWork = processed > 0;
    if (output.collector.isFull) await output.collector.drained();
    await this.#commitIfDue();
    if (this.#hasWork) await this.#yield();
  }

  /** Punctuations of the wall clock are on time whether or not a task has records, or waits for some (JVM). */
  #punctuate(): void {
    const { tasks, clock } = this.#parts;
    const nowMs = clock.now();
    for (const slot of tasks.running)
      if (isFree(slot) && slot.task.punctuatesAtMs <= nowMs) ofTaskNow(slot.id, () => slot.task.punctuate());
  }

  async #takeEvents(): Promise<void> {
    const { group } = this.#parts;
    for (let event = group.next(); event !== undefined && !this.#isStopping; event = group.next()) {
      if (event.type === 'failed') throw new GroupFailure(event.error);
      if (event.type === 'assigned') await this.#assigned(event);
      else await this.#lost();
      group.released();
    }
  }

  /** Tasks that go are committed and closed before anybody else may have them; those that stay run on. */
  async #assigned({ all, revoked, generation, userData }: GroupEvent & { type: 'assigned' }): Promise<void> {
    const { plan, tasks, logger, group } = this.#parts;
    const { refusedFor, mustRejoin, shutdown, cluster } = decodeVerdict(userData);
    if (shutdown === true) throw millraceError('MR_RUNTIME_SHUTDOWN_REQUESTED', { applicationId: plan.applicationId });
    if (refusedFor !== undefined) {
      const { applicationId, fingerprint: own } = plan;
      throw millraceError('MR_RUNTIME_TOPOLOGY_MISMATCH', { applicationId, own, group: refusedFor });
    }
    const wanted = tasksOf(plan, all);
    this.#wanted = wanted;
    this.#parts.onCluster(generation, cluster ?? { processes: [] });
    // A static member that stopped before it joined again is given its old assignment: what it was to give up still waits for its word.
    if (mustRejoin === true && revoked.length === 0) group.rejoin('tasks wait to be handed over');
    logger.log('info', 'Tasks are assigned.', { generation, tasks: [...wanted.keys()] });
    if (all.some(({ topic }) => !plan.inputs.has(topic))) this.#parts.topicsMayDiffer();
    await this.#giveUp(tasks.slots.filter(({ text }) => !wanted.has(text)));
  }

  async #giveUp(leaving: readonly TaskSlot[]): Promise<void> {
    const { tasks, feed } = this.#parts;
    if (leaving.length === 0) return;
    this.#announce();
    try {
      // One transaction holds the work of all tasks: all are committed when one of them goes.
      if (leaving.some(({ task, phase }) => phase === 'running' && task?.dirty)) await this.#commit();
      feed.end(leaving);
      await tasks.close(leaving);
    } catch (thrown) {
      await this.#recover(thrown);
    }
  }

  /**
   * Topics have come or gone. Tasks with other inputs than before are closed and begun again with them; no other member has them meanwhile, whatever of
   * their partitions its plan knows. The group is told, which shares out the tasks that are new.
   */
  async #takePlan(): Promise<void> {
    const next = this.#nextPlan;
    if (next === undefined) return;
    const { plan, tasks, output, group } = this.#parts;
    // A producer knows the topics that it was opened for.
    const hasOtherOutputs = !isSame(next.outputs, plan.outputs);
    await this.#giveUp(
      tasks.slots.filter(({ id, inputs }) => hasOtherOutputs || !isSame(taskInputs(next, id), inputs)),
    );
    if (hasOtherOutputs) await output.close();
    plan.become(next);
    if (this.#nextPlan === next) this.#nextPlan = undefined;
    const kept = [...(this.#wanted ?? [])].filter(([, id]) => taskInputs(next, id).length > 0);
    if (this.#wanted !== undefined) this.#wanted = new Map(kept);
    group.rejoin('topics have come or gone');
  }

  /** Thrown out of the group: what is not committed is others' work now. */
  async #lost(): Promise<void> {
    this.#parts.logger.log('warn', 'The group has thrown this member out; it drops its tasks and rejoins.');
    this.#wanted = undefined;
    this.#announce();
    await this.#drop();
  }

  #openWanted(): void {
    for (const [text, id] of this.#wanted ?? []) this.#parts.tasks.open(id, text);
  }

  /** A task that waits for inputs, or has none, delivers what its asynchronous steps have done. */
  #process(slot: RunningSlot, limit: number): number {
    const mayProcess = !this.#parts.isPaused() && this.#parts.feed.mayProcess(slot);
    if (slot.pending !== undefined || slot.applying !== undefined) return 0;
    return ofTaskNow(slot.id, () => (mayProcess ? slot.task.process(limit) : slot.task.deliver(limit)));
  }

  /** Records under way in asynchronous steps belong to the commit: their tasks take no more, while the others go on, until they are done. */
  async #commitIfDue(): Promise<void> {
    this.#isHolding = false;
    if (!this.#isCommitDue()) return;
    for (const { id, task } of this.#parts.tasks.running) {
      if (task.async?.isBusy !== true) continue;
      ofTaskNow(id, () => task.async?.hold());
      this.#isHolding = true;
    }
    if (!this.#isHolding) await this.#commit();
  }

  #isCommitDue(): boolean {
    const { tasks, clock, uncommittedMaxBytes } = this.#parts;
    if (this.#commitRequested || clock.monotonic() >= this.#commitAtMs)
      return tasks.running.some(({ task }) => task.dirty);
    if (tasks.running.some(({ task }) => task.dirty && task.wantsCommit)) return true;
    return tasks.running.reduce((sum, { task }) => sum + task.stagedBytes(), 0) > uncommittedMaxBytes;
  }

  /** Seals the tasks that changed, commits their records and positions, then lets them write what they hold back. */
  async #commit(): Promise<void> {
    const { tasks, output, group, clock, metrics, purge, commitIntervalMs } = this.#parts;
    await tasks.applied();
    const dirty = tasks.running.filter(({ task }) => task.dirty);
    if (dirty.length === 0) return;
    const beganMs = clock.monotonic();
    for (const { id, task } of dirty) ofTaskNow(id, () => task.async?.hold());
    for (const slot of dirty) await ofTask(slot.id, async () => slot.task.seal());
    const offsets = dirty.flatMap(({ task }) => task.offsets());
    const outcome = await output.commit(offsets, group);
    if (outcome.type === 'redo') throw outcome.error;
    for (const slot of dirty) tasks.apply(slot);
    const endedMs = clock.monotonic();
    metrics.commit(endedMs - beganMs);
    purge.committed(offsets);
    this.#failingSinceMs = undefined;
    this.#commitRequested = false;
    this.#commitAtMs = endedMs + commitIntervalMs;
  }

  /** Drops the tasks and prepares to begin them again; throws on when that would not help. */
  async #recover(thrown: unknown): Promise<void> {
    const { logger, metrics, clock, random, group } = this.#parts;
    const error = errorOf(thrown);
    const remedy = thrown instanceof GroupFailure ? 'end' : remedyFor(error);
    if (remedy === 'end') throw thrown;
    if (remedy === 'redo') this.#bear(error);
    const task = thrown instanceof TaskFailure ? thrown.task : undefined;
    const { code, message, remedy: advice } = error;
    logger.log('warn', message, {
      code,
      does: remedy,
      advice,
      ...(task === undefined ? {} : { task: taskIdText(task) }),
    });
    metrics.redone++;
    metrics.redoneInRow++;
    this.#parts.topicsMayDiffer();
    await this.#drop();
    if (remedy === 'wipe' && task !== undefined) await this.#parts.wipe(task);
    if (remedy === 'rejoin') group.rejoin(error.code);
    const delayMs = Math.min(backoffMs.max, backoffMs.first * 2 ** Math.min(metrics.redoneInRow - 1, 10));
    this.#resumeAtMs = clock.monotonic() + delayMs * (0.5 + random.next());
  }

  /** Failures that may pass, but have gone on for too long, do not. */
  #bear(error: MillraceError): void {
    const { clock, taskTimeoutMs } = this.#parts;
    const now = clock.monotonic();
    // So long without a failure: this is another trouble than the last one.
    if (this.#failingSinceMs === undefined || now - this.#resumeAtMs > taskTimeoutMs) this.#failingSinceMs = now;
    if (now - this.#failingSinceMs >= taskTimeoutMs)
      throw millraceError('MR_RUNTIME_TASK_TIMEOUT', { taskTimeoutMs, problem: error.message }, error);
  }

  /** Closes all tasks without a trace of what is not committed. */
  async #drop(): Promise<void> {
    const { tasks, feed, output, logger } = this.#parts;
    const slots: readonly TaskSlot[] = tasks.slots;
    feed.end(slots);
    this.#hasWork = this.#isHolding = false;
    try {
      await tasks.close(slots);
    } catch (thrown) {
      const { message, code } = errorOf(thrown);
      logger.log('warn', 'A task could not be closed in order.', { code, why: message });
    }
    await output.discard();
  }

  async #end(failure: MillraceError | undefined): Promise<void> {
    const { logger, group, output, tasks, fetcher } = this.#parts;
    if (failure !== undefined)
      logger.log('error', failure.message, { code: failure.code, remedy: failure.remedy, ...traceOf(failure) });
    this.#become('PENDING_SHUTDOWN');
    await this.#drop();
    const closed = await Promise.allSettled([
      group.leave({ evenStatic: this.#leavesGroup }),
      output.close(),
      tasks.end(),
      fetcher.close(),
    ]);
    for (const each of closed) {
      if (each.status === 'rejected')
        logger.log('warn', 'A thread could not end in order.', { why: String(each.reason) });
    }
    this.#become('DEAD');
  }

  /** How long to wait for records. */
  #waitMs(): number {
    if (this.#hasWork) return 0;
    const { tasks, clock, pollMs } = this.#parts;
    const nowMs = clock.monotonic();
    const dueMs = tasks.running.some(({ task }) => task.dirty) && !this.#isHolding ? this.#commitAtMs : Infinity;
    const untilMs = nowMs < this.#resumeAtMs ? this.#resumeAtMs : dueMs;
    return Math.max(0, Math.min(pollMs, untilMs - nowMs, this.#punctuatesInMs()));
  }

  #punctuatesInMs(): number {
    const { tasks, clock, isPaused } = this.#parts;
    if (isPaused()) return Infinity;
    const dueMs = tasks.running.reduce(
      (first, slot) => (isFree(slot) ? Math.min(first, slot.task.punctuatesAtMs) : first),
      Infinity,
    );
    return dueMs === Infinity ? Infinity : dueMs - clock.now();
  }

  async #yield(): Promise<void> {
    const { clock } = this.#parts;
    if (clock.monotonic() - this.#yieldedAtMs < yieldMs) return;
    await clock.sleep(0);
    this.#yieldedAtMs = clock.monotonic();
  }

  /** RUNNING when every task of the assignment processes. */
  #announce(): void {
    const { running } = this.#parts.tasks;
    const isWhole = this.#wanted !== undefined && running.length === this.#wanted.size;
    this.#become(isWhole ? 'RUNNING' : 'REBALANCING');
  }

  #become(state: ThreadState): void {
    const isOver = this.#state === 'DEAD' || (this.#state === 'PENDING_SHUTDOWN' && state !== 'DEAD');
    if (state === this.#state || isOver) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Nothing of it is under way beside the loop; the end of what is wakes the loop. */
function isFree({ pending, applying }: RunningSlot): boolean {
  return pending === undefined && applying === undefined;
}

/** A stack says something about a bug only; it is the one of what was thrown first. */
function traceOf({ severity, stack, cause }: MillraceError): { readonly stack?: string } {
  const first = cause instanceof Error ? cause.stack : stack;
  return severity === 'bug' && first !== undefined ? { stack: first } : {};
}
