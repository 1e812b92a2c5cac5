/**
 * The stream threads of an application: started, added, removed, and replaced when they end with an error (what a handler may want, and how long a thread
 * waits before it is replaced: `uncaught-exceptions.ts`).
 */
import type { MillraceError } from '@millrace/base';
import { assembleThread, type RunningThread, type ThreadSettings } from '../thread/thread-parts.ts';
import type { ApplicationPlan } from './application-plan.ts';
import { ReplacementPauses, threadEndAfter, type UncaughtExceptionHandler } from './uncaught-exceptions.ts';

export class StreamThreads {
  /** Decides about threads that end with an error. */
  handler: UncaughtExceptionHandler = () => 'SHUTDOWN_CLIENT';
  readonly #fail: (failure: MillraceError) => void;
  readonly #threads = new Map<number, RunningThread>();
  /** Threads that were replaced or removed; what they counted stays. */
  readonly #former: RunningThread[] = [];
  readonly #ends = new Map<RunningThread, Promise<void>>();
  readonly #pauses = new ReplacementPauses();
  readonly #stopping = new AbortController();
  /** How many have ended with an error. */
  failed = 0;
  #settings: ThreadSettings | undefined;
  #shutsDownFor: MillraceError | undefined;

  /** `fail` ends the application. */
  constructor(fail: (failure: MillraceError) => void) {
    this.#fail = fail;
  }

  /** Those there are now. */
  get current(): readonly RunningThread[] {
    return [...this.#threads.values()];
  }

  /** All there have been. */
  get all(): readonly RunningThread[] {
    return [...this.#former, ...this.#threads.values()];
  }

  /** Whether all instances of the application are to end; the group's leader hears of it. */
  get asksToShutDown(): boolean {
    return this.#shutsDownFor !== undefined;
  }

  /** Starts as many as the configuration says. */
  start(settings: ThreadSettings): void {
    this.#settings = settings;
    for (let index = 0; index < settings.config.numStreamThreads; index++) this.#start(index, settings);
  }

  /** Starts one more; gives its number. */
  add(settings: ThreadSettings): number {
    this.#settings = settings;
    let index = 0;
    while (this.#threads.has(index)) index++;
    this.#start(index, settings);
    return index;
  }

  /** Ends the newest for good; gives its number, undefined when there is none. */
  async removeNewest(): Promise<number | undefined> {
    const newest = this.current.filter(({ thread }) => thread.state !== 'DEAD').at(-1);
    if (newest === undefined) return undefined;
    newest.thread.stop({ leaveGroup: true });
    await this.#ends.get(newest);
    // Replaced meanwhile.
    if (this.#threads.get(newest.index) !== newest) return newest.index;
    this.#threads.delete(newest.index);
    this.#former.push(newest);
    return newest.index;
  }

  /** All go by another plan, those that are started later too. */
  follow(plan: ApplicationPlan): void {
    if (this.#settings !== undefined) this.#settings = { ...this.#settings, plan };
    for (const { thread } of this.#threads.values()) thread.follow(plan);
  }

  /** Ends all, for ever; resolves when they have ended. */
  async stop(options: { readonly leaveGroup: boolean }): Promise<void> {
    this.#stopping.abort();
    for (const { thread } of this.#threads.values()) thread.stop(options);
    await Promise.allSettled(this.#ends.values());
  }

  #start(index: number, settings: ThreadSettings): void {
    const running = assembleThread(index, settings);
    const former = this.#threads.get(index);
    if (former !== undefined) this.#former.push(former);
    this.#threads.set(index, running);
    const end = running.thread.start().then((failure) => {
      this.#ends.delete(running);
      if (failure !== undefined) this.#failed(index, failure, settings);
    });
    this.#ends.set(running, end);
  }

  #failed(index: number, failure: MillraceError, settings: ThreadSettings): void {
    if (this.#stopping.signal.aborted) return;
    this.failed++;
    if (failure.code === 'MR_RUNTIME_SHUTDOWN_REQUESTED') return this.#fail(this.#shutsDownFor ?? failure);
    const end = threadEndAfter(failure, this.handler, settings.logger);
    if (end === 'client') this.#fail(failure);
    else if (end === 'replace') void this.#replace(index, settings);
    else void this.#shutDownApplication(index, failure, settings);
  }

  async #replace(index: number, { clock, random, logger }: ThreadSettings): Promise<void> {
    const hasCommitted = (this.#threads.get(index)?.metrics.committed ?? 0) > 0;
    const pauseMs = this.#pauses.next(index, hasCommitted, random);
    logger.log('warn', 'A thread is replaced.', { thread: index, pauseMs: Math.round(pauseMs) });
    if (pauseMs > 0) await clock.sleep(pauseMs, this.#stopping.signal);
    // The plan may have changed during the pause.
    if (!this.#stopping.signal.aborted && this.#settings !== undefined) this.#start(index, this.#settings);
  }

  /** A thread joins the group to say so; all members, this one too, are told by the group's leader. */
  async #shutDownApplication(index: number, failure: MillraceError, settings: ThreadSettings): Promise<void> {
    const { clock, logger, config } = settings;
    if (this.#shutsDownFor !== undefined) return;
    this.#shutsDownFor = failure;
    logger.log('error', 'All instances of the application are asked to end.', { code: failure.code });
    this.#start(index, this.#settings ?? settings);
    await clock.sleep(2 * config.sessionTimeoutMs, this.#stopping.signal);
    // The group cannot be reached.
    if (!this.#stopping.signal.aborted) this.#fail(failure);
  }
}
