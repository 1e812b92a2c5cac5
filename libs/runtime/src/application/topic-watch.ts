/**
 * Looks for topics that have come or gone under the patterns of a topology: every `metadata.max.age.ms`, and soon after something hints at a change, such
 * as a topic in the group that this process does not know. One look at a time; it ends with its signal.
 */
import type { Clock } from '@millrace/base';

export interface TopicWatchOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Finds out, and does what is to be done; gives whether there was a change. Never rejects. */
  readonly look: () => Promise<boolean>;
}

/** After a hint: brokers do not learn of a topic at the same time. */
const soon = { everyMs: 1_000, times: 10 };

export class TopicWatch {
  readonly #options: TopicWatchOptions;
  #looksSoon = 0;
  /** Ends the wait under way. */
  #waiting = new AbortController();

  constructor(options: TopicWatchOptions) {
    this.#options = options;
  }

  /** Something may have changed. */
  hint(): void {
    if (this.#looksSoon > 0) return;
    this.#looksSoon = soon.times;
    this.#waiting.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, look } = this.#options;
    signal.addEventListener('abort', () => this.#waiting.abort());
    let waitMs = everyMs;
    for (;;) {
      await clock.sleep(waitMs, this.#waiting.signal);
      if (signal.aborted) return;
      this.#waiting = new AbortController();
      const hasChanged = await look();
      this.#looksSoon = hasChanged ? 0 : Math.max(0, this.#looksSoon - 1);
      waitMs = this.#looksSoon > 0 ? Math.min(soon.everyMs, everyMs) : everyMs;
      if (signal.aborted) return;
    }
  }
}
