/**
 * Deletes the local state of tasks that this process has not had for a while (JVM: state.cleanup.delay.ms), so that the disk does not fill with what moved
 * away. A task that comes back later is restored. What is opened while its state is being deleted waits for that.
 */
import type { Clock, Logger } from '@millrace/base';
import type { StateEngines } from '@millrace/ports';
import type { StoredTasks } from '../group/stored-tasks.ts';
import { errorOf } from '../thread/failure.ts';

export interface StateCleanerOptions {
  readonly engines: StateEngines;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly delayMs: number;
  /** Whether a task runs here or has a copy here, or is about to. */
  readonly isInUse: (task: string) => boolean;
}

export class StateCleaner {
  /** The engines for everybody else. */
  readonly engines: StateEngines;
  readonly #options: StateCleanerOptions;
  readonly #deleting = new Map<string, Promise<void>>();
  #unused: ReadonlySet<string> = new Set();

  constructor(options: StateCleanerOptions) {
    this.#options = options;
    const { engines } = options;
    this.engines = {
      open: async (name) => {
        // Whether it could be deleted is told to the log, not to who opens it.
        await this.#deleting.get(name)?.catch(() => undefined);
        return engines.open(name);
      },
      list: () => engines.list(),
      destroy: (name) => engines.destroy(name),
      readMeta: (name) => engines.readMeta(name),
      writeMeta: (name, bytes) => engines.writeMeta(name, bytes),
      freeBytes: () => engines.freeBytes(),
      close: () => engines.close(),
    };
  }

  /** Looks once a delay, until it is aborted; a deletion under way is waited for. */
  async run(stored: StoredTasks, signal: AbortSignal): Promise<void> {
    const { clock, logger, delayMs } = this.#options;
    for (;;) {
      await clock.sleep(delayMs, signal);
      if (signal.aborted) return;
      await this.#look(stored, signal).catch((thrown: unknown) => {
        logger.log('warn', 'Local state of tasks that moved away could not be deleted.', {
          why: errorOf(thrown).message,
        });
      });
    }
  }

  /** Deletes what was not in use the last time either: so nothing is that was just given up, and may still be closing. */
  async #look(stored: StoredTasks, signal: AbortSignal): Promise<void> {
    const { engines, isInUse, logger } = this.#options;
    const before = this.#unused;
    const unused = new Set((await engines.list()).filter((name) => /^\d+_\d+$/.test(name) && !isInUse(name)));
    this.#unused = unused;
    for (const name of unused) {
      if (!before.has(name) || isInUse(name) || signal.aborted) continue;
      const deletion = engines.destroy(name).finally(() => this.#deleting.delete(name));
      this.#deleting.set(name, deletion);
      await deletion;
      stored.wiped(name);
      logger.log('info', 'The local state of a task that moved away is deleted.', { task: name });
    }
  }
}
