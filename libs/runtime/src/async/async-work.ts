/**
 * The asynchronous steps of a task, and the wait for them. A commit covers whole input records: before it is sealed, everything under way must have been
 * taken, so it is announced (`hold`): no input record comes in any more, and what is under way has `drainMs` to end.
 */
import { millraceError, type Clock } from '@millrace/base';
import type { AsyncRecord, AsyncStep } from './async-step.ts';

export interface AsyncWorkOptions {
  readonly clock: Clock;
  /** How long a commit waits for what is under way. */
  readonly drainMs: number;
  /** Something can be taken. */
  readonly wake: () => void;
}

/** A record that is done, and the step it leaves. */
export interface AsyncDone {
  readonly step: AsyncStep;
  readonly record: AsyncRecord;
}

export class AsyncWork {
  readonly #options: AsyncWorkOptions;
  /** Those further down come first. */
  readonly #steps: AsyncStep[] = [];
  /** When a commit has waited for too long. One moment, compared as it is: a difference of moments may never round to what was slept. */
  #overdueAtMs: number | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: AsyncWorkOptions) {
    this.#options = options;
  }

  /** Steps are added after those that they forward to. */
  add(step: AsyncStep): void {
    this.#steps.push(step);
  }

  /** Whether the task may process another input record. */
  get admits(): boolean {
    return this.#overdueAtMs === undefined && this.#steps.every((step) => step.admits);
  }

  /** A record is under way, or waits to be taken. */
  get isBusy(): boolean {
    return this.#steps.some(({ held }) => held > 0);
  }

  /** Nothing goes on but pauses after failures. */
  get isResting(): boolean {
    return this.isBusy && this.#steps.every((step) => step.held === 0 || step.isResting);
  }

  /** A commit is coming. Throws MR_RUNTIME_ASYNC_OVERDUE when it has been for too long. */
  hold(): void {
    const now = this.#options.clock.monotonic();
    this.#overdueAtMs ??= now + this.#options.drainMs;
    if (this.isBusy && now >= this.#overdueAtMs) throw this.#overdue();
  }

  /** The commit is done. */
  release(): void {
    this.#overdueAtMs = undefined;
  }

  /** The next record that is done; of the steps further down first, and into none that has enough. */
  take(): AsyncDone | undefined {
    for (const step of this.#steps) {
      const record = step.take();
      if (record !== undefined) return { step, record };
      if (!step.admits) return undefined;
    }
    return undefined;
  }

  /** Resolves when something can be taken; during `hold`, also when that has taken too long. */
  async something(): Promise<void> {
    const { clock } = this.#options;
    const leftMs = this.#overdueAtMs === undefined ? Infinity : this.#overdueAtMs - clock.monotonic();
    const patience = new AbortController();
    const ready = new Promise<void>((resolve) => this.#waiting.push(resolve));
    await (leftMs === Infinity ? ready : Promise.race([ready, clock.sleep(leftMs, patience.signal)]));
    patience.abort();
  }

  /** A step has something to take. */
  readonly notify = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
    this.#options.wake();
  };

  /** Ends what is under way; what it gives is not looked at any more. */
  close(): void {
    const reason = millraceError('MR_RUNTIME_ASYNC_ENDED', {});
    for (const step of this.#steps) step.close(reason);
    this.notify();
  }

  #overdue(): unknown {
    const busy = this.#steps.filter(({ held }) => held > 0);
    return millraceError('MR_RUNTIME_ASYNC_OVERDUE', {
      nodes: busy.map(({ node }) => node),
      records: busy.reduce((sum, { held }) => sum + held, 0),
      drainMs: this.#options.drainMs,
    });
  }
}
