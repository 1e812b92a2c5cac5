/**
 * Brings tasks up to date from their changelogs, several at once, beside the tasks that run.
 *
 * It reads with read_committed until the position has reached what was the end of the log, open transactions included, when the task was
 * opened: a dead owner's transaction is waited for, its aborted records are never seen. Nothing behind that position is applied: a source topic that
 * stands for a changelog has records there that are not processed yet. One round of reading and applying is under way at a time.
 */
import { MillraceError, millraceError } from '@millrace/base';
import type { FetchedBatch, Fetcher, TopicPartition } from '@millrace/ports';
import type { StateRestoreListener } from '../application/restore-listener.ts';
import type { StreamTask } from '../task/stream-task.ts';
import { batchBefore } from './batch-part.ts';

/** What a changelog partition lacks. */
export interface RestoreRange extends TopicPartition {
  /** The store that it is of. */
  readonly store: string;
  /** The position that it has come to. */
  from: number;
  /** The position to reach. */
  readonly to: number;
}

interface Restoration {
  readonly task: StreamTask;
  readonly left: Map<string, RestoreRange>;
  /** Records taken in, by place. */
  readonly totals: Map<string, number>;
}

export interface RestorerOptions {
  readonly fetcher: Fetcher;
  /** Called when `take` has something. */
  readonly notify: () => void;
  /** Called with the number of records of each batch that was applied. */
  readonly restored: (records: number) => void;
  readonly listener?: StateRestoreListener | undefined;
}

const waitMs = 500;

export class ChangelogRestorer {
  readonly #options: RestorerOptions;
  readonly #restorations = new Map<StreamTask, Restoration>();
  readonly #byPartition = new Map<string, Restoration>();
  #done: StreamTask[] = [];
  #failures: { readonly task: StreamTask | undefined; readonly error: unknown }[] = [];
  #isRunning = false;
  #isClosed = false;
  /** A batch that is being applied, with its task. */
  #applying: { readonly task: StreamTask; readonly end: Promise<void> } | undefined;

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** Begins with a task; with nothing to read it is done at once. */
  add(task: StreamTask, ranges: readonly RestoreRange[]): void {
    const left = ranges.filter(({ from, to }) => from < to);
    const restoration = { task, left: new Map(left.map((range) => [nameOf(range), range])), totals: new Map() };
    const { listener } = this.#options;
    for (const range of ranges) {
      listener?.onRestoreStart?.(placeOf(range), range.store, range.from, range.to);
      if (range.from >= range.to) listener?.onRestoreEnd?.(placeOf(range), range.store, 0);
    }
    if (left.length === 0) return this.#finish(restoration);
    this.#restorations.set(task, restoration);
    for (const range of left) this.#byPartition.set(nameOf(range), restoration);
    this.#options.fetcher.assign(left.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    void this.#run();
  }

  /** Forgets a task; afterwards nothing touches it any more. */
  async remove(task: StreamTask): Promise<void> {
    const restoration = this.#restorations.get(task);
    this.#done = this.#done.filter((one) => one !== task);
    if (restoration !== undefined) {
      this.#restorations.delete(task);
      for (const name of restoration.left.keys()) this.#byPartition.delete(name);
      this.#options.fetcher.unassign([...restoration.left.values()]);
      for (const [name, range] of restoration.left)
        this.#options.listener?.onRestoreSuspended?.(placeOf(range), range.store, restoration.totals.get(name) ?? 0);
    }
    if (this.#applying?.task === task) await this.#applying.end;
    this.#failures = this.#failures.filter((failure) => failure.task !== task);
  }

  /** Tasks that are up to date, each once. */
  take(): readonly StreamTask[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /** What went wrong since the last call; reading goes on with the next `add`. */
  failure(): { readonly task: StreamTask | undefined; readonly error: unknown } | undefined {
    return this.#failures.shift();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#applying?.end;
    await this.#options.fetcher.close();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#restorations.size > 0 && !this.#isClosed) {
        for (const batch of await this.#options.fetcher.poll(waitMs)) await this.#apply(batch);
      }
    } catch (error) {
      if (!this.#isClosed) this.#fail(undefined, moved(error));
    } finally {
      this.#isRunning = false;
    }
  }

  async #apply(batch: FetchedBatch): Promise<void> {
    const restoration = this.#byPartition.get(nameOf(batch));
    if (restoration === undefined) return;
    const { task, left } = restoration;
    const range = left.get(nameOf(batch));
    if (range === undefined) return;
    const wanted = batchBefore(batch, range.to);
    if (wanted.count > 0) {
      const taken = task.restore(wanted).then(() => this.#restored(restoration, range, wanted));
      const end = taken.catch((error: unknown) => {
        this.#restorations.delete(task);
        this.#fail(task, error);
      });
      this.#applying = { task, end };
      await end;
      this.#applying = undefined;
    }
    range.from = Math.min(batch.nextOffset, range.to);
    if (batch.nextOffset < range.to || !this.#restorations.has(task)) return;
    left.delete(nameOf(batch));
    this.#byPartition.delete(nameOf(batch));
    this.#options.fetcher.unassign([range]);
    this.#options.listener?.onRestoreEnd?.(placeOf(range), range.store, restoration.totals.get(nameOf(batch)) ?? 0);
    if (left.size === 0) this.#finish(restoration);
  }

  #restored({ totals }: Restoration, range: RestoreRange, batch: FetchedBatch): void {
    const { restored, listener } = this.#options;
    totals.set(nameOf(range), (totals.get(nameOf(range)) ?? 0) + batch.count);
    restored(batch.count);
    listener?.onBatchRestored?.(placeOf(range), range.store, batch.offset(batch.count - 1), batch.count);
  }

  #finish({ task }: Restoration): void {
    this.#restorations.delete(task);
    this.#done.push(task);
    this.#options.notify();
  }

  #fail(task: StreamTask | undefined, error: unknown): void {
    this.#failures.push({ task, error });
    this.#options.notify();
  }
}

/** Retention may delete what is just being read; then the task is opened again and begins where the log begins now. */
function moved(error: unknown): unknown {
  const isMoved = MillraceError.is(error) && error.code === 'MR_CLIENT_OFFSET_OUT_OF_RANGE';
  return isMoved ? millraceError('MR_RUNTIME_CHANGELOG_MOVED', { where: error.message }, error) : error;
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
