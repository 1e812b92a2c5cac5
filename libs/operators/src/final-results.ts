/**
 * Final results of windows (EmitStrategy.onWindowClose, KIP-825): each row goes downstream once, when its window has closed, in the order of window
 * start and key. It is looked for at most once an interval of wall-clock time, as the JVM does, and only when a record comes.
 *
 * Reading the closed windows takes a wait, so it is an interlude between two records. A closed window takes no record any more: what is read
 * a little later is what the JVM would have sent at once. It goes into the same commit as the record that closed the windows, and so does how far
 * it came: a restart repeats nothing and loses nothing.
 */
import type { Header } from '@millrace/ports';
import type { ClosedRow, RecordContext, SpanStore, WindowStore } from '@millrace/state';
import type { EmitRange } from './emit-range.ts';
import type { TableNode } from './node-function.ts';

/** Work between two records that has to read first. */
export interface Interlude {
  read(): Promise<void>;
  /** Does up to `limit` steps of it after `read`; gives how many. It is over when it gives fewer. */
  run(limit: number): number;
}

/** The close time up to which windows were sent; undefined before the first. Committed with the offsets. */
export interface EmitProgress {
  lastCloseTime: number | undefined;
  /** It has moved since the last commit. */
  hasMoved: boolean;
}

export interface FinalResultsOptions {
  readonly store: WindowStore | SpanStore;
  readonly range: EmitRange;
  readonly intervalMs: number;
  readonly progress: EmitProgress;
  readonly next: TableNode;
  readonly context: RecordContext;
  /** Monotonic time, ms. */
  readonly now: () => number;
  /** Asks for the interlude before the next record. */
  readonly request: (interlude: Interlude) => void;
}

interface ClosedRange {
  readonly from: number;
  readonly to: number;
  readonly closeTime: number;
  /** Of the record that moved the time: all rows go out with them (JVM). */
  readonly headers: readonly Header[] | undefined;
}

export class FinalResults implements Interlude {
  readonly #options: FinalResultsOptions;
  #nextCheckMs = -Infinity;
  #due: ClosedRange | undefined;
  #rows: readonly ClosedRow[] = [];
  #sent = 0;

  constructor(options: FinalResultsOptions) {
    this.#options = options;
    options.store.keepFrom(() => this.#firstUnsent());
  }

  /** A record has been processed; windows up to `closeTime` are closed. */
  advance(closeTime: number): void {
    const { now, intervalMs, range, request, context } = this.#options;
    if (this.#due !== undefined) return;
    const nowMs = now();
    if (nowMs < this.#nextCheckMs) return;
    this.#nextCheckMs = nowMs + intervalMs;
    const { lastCloseTime } = this.#options.progress;
    if (lastCloseTime !== undefined && closeTime <= lastCloseTime) return;
    const due = range.due(closeTime, lastCloseTime);
    if (due === undefined) return;
    this.#due = { ...due, closeTime, headers: context.headers };
    request(this);
  }

  async read(): Promise<void> {
    if (this.#due === undefined) return;
    this.#rows = await this.#options.store.closed(this.#due.from, this.#due.to);
    this.#sent = 0;
  }

  run(limit: number): number {
    const { next, progress, context } = this.#options;
    context.headers = this.#due?.headers;
    const end = Math.min(this.#rows.length, this.#sent + limit);
    const count = end - this.#sent;
    for (; this.#sent < end; this.#sent++) {
      const { key, value, timestamp } = this.#rows[this.#sent] as ClosedRow;
      next(key, value, null, timestamp);
    }
    if (count < limit) {
      progress.lastCloseTime = this.#due?.closeTime;
      progress.hasMoved = true;
      this.#due = undefined;
      this.#rows = [];
    }
    return count;
  }

  #firstUnsent(): number {
    return this.#options.range.firstUnsent(this.#options.progress.lastCloseTime);
  }
}
