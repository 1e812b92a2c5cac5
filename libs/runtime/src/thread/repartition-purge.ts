/** Deletes committed records of repartition topics, which nobody reads again. A failure only leaves more on the broker's disk. */
import type { Clock, Logger } from '@millrace/base';
import type { Admin, OffsetToCommit, TopicPartition } from '@millrace/ports';
import type { ApplicationPlan } from '../application/application-plan.ts';

export interface RepartitionPurgeOptions {
  readonly admin: Admin;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly plan: ApplicationPlan;
  readonly intervalMs: number;
}

export class RepartitionPurge {
  readonly #options: RepartitionPurgeOptions;
  readonly #due = new Map<string, TopicPartition & { readonly offset: number }>();
  #lastMs: number;
  #isRunning = false;

  constructor(options: RepartitionPurgeOptions) {
    this.#options = options;
    this.#lastMs = options.clock.monotonic();
  }

  /** Offsets were committed; what is before them may go. */
  committed(offsets: readonly OffsetToCommit[]): void {
    for (const { topic, partition, offset } of offsets) {
      if (this.#options.plan.inputs.get(topic)?.internal !== true) continue;
      this.#due.set(`${topic}-${partition}`, { topic, partition, offset });
    }
    const nowMs = this.#options.clock.monotonic();
    if (this.#isRunning || this.#due.size === 0 || nowMs - this.#lastMs < this.#options.intervalMs) return;
    this.#lastMs = nowMs;
    void this.#purge([...this.#due.values()]);
    this.#due.clear();
  }

  async #purge(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#options.admin.deleteRecords(offsets);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.logger.log(
        'info',
        'Committed records of repartition topics could not be deleted; it is tried again.',
        { why },
      );
    } finally {
      this.#isRunning = false;
    }
  }
}
