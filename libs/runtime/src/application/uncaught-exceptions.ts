/** What to do about a thread that ended with an error (JVM: StreamsUncaughtExceptionHandler). */
import { millraceError, type Logger, type MillraceError, type Random } from '@millrace/base';

/**
 * - `REPLACE_THREAD`: another thread takes its place; it begins where the last commit ended. One that fails without having committed anything waits before
 *   it is replaced, longer each time (100 ms to 30 s).
 * - `SHUTDOWN_CLIENT`: this application object ends, in state ERROR; other instances take over its tasks.
 * - `SHUTDOWN_APPLICATION`: all instances of the application end, in state ERROR: they hear of it through their group.
 *
 * The words are the JVM library's; `replaceThread` and so on mean the same.
 */
export type UncaughtExceptionAnswer =
  | 'REPLACE_THREAD'
  | 'SHUTDOWN_CLIENT'
  | 'SHUTDOWN_APPLICATION'
  | 'replaceThread'
  | 'shutdownClient'
  | 'shutdownApplication';

/** Decides about a thread that ended; it must not wait for anything. */
export type UncaughtExceptionHandler = (error: MillraceError) => UncaughtExceptionAnswer;

/** An answer in one form; undefined for what is none. */
export type ThreadEnd = 'replace' | 'client' | 'application';

const ends: Readonly<Record<string, ThreadEnd>> = {
  replacethread: 'replace',
  shutdownclient: 'client',
  shutdownapplication: 'application',
};

/** Reads an answer. */
export function threadEndOf(answer: unknown): ThreadEnd | undefined {
  return ends[String(answer).replaceAll('_', '').toLowerCase()];
}

/** What a handler wants; the application ends when it fails itself or answers something else. */
export function threadEndAfter(failure: MillraceError, handler: UncaughtExceptionHandler, logger: Logger): ThreadEnd {
  try {
    const answer = handler(failure);
    const end = threadEndOf(answer);
    if (end !== undefined) return end;
    throw millraceError('MR_RUNTIME_HANDLER', {
      setting: 'handler of uncaught exceptions',
      problem: `it answered ${String(answer)}`,
    });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    logger.log('error', 'The handler of uncaught exceptions failed itself; the application ends.', { why });
    return 'client';
  }
}

const backoffMs = { first: 100, max: 30_000 };

/** How long threads wait before they are replaced. The JVM library replaces at once, and for ever. */
export class ReplacementPauses {
  /** Failures of the thread of an index since one of them has committed something. */
  readonly #failures = new Map<number, number>();

  /** The pause after a thread has failed, ms. */
  next(index: number, hasCommitted: boolean, random: Random): number {
    const failures = hasCommitted ? 0 : (this.#failures.get(index) ?? 0) + 1;
    this.#failures.set(index, failures);
    if (failures === 0) return 0;
    return Math.min(backoffMs.max, backoffMs.first * 2 ** Math.min(failures - 1, 20)) * (0.5 + 0.5 * random.next());
  }
}
