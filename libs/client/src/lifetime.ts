/** How long something goes on: waits that end with it, and what is to be done then. A lifetime ends with its parent at the latest. */
import type { Clock } from '@millrace/base';

export class Lifetime {
  readonly #clock: Clock;
  readonly #endings = new Set<() => void>();
  readonly #leaveParent: () => void;
  #ended = false;

  constructor(clock: Clock, parent?: Lifetime) {
    this.#clock = clock;
    this.#leaveParent = parent?.onEnd(() => this.end()) ?? (() => undefined);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends it, once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveParent();
    for (const ending of [...this.#endings]) ending();
    this.#endings.clear();
  }

  /** Calls when it ends; at once when it has. The returned function takes that back. */
  onEnd(ending: () => void): () => void {
    if (this.#ended) ending();
    else this.#endings.add(ending);
    return () => void this.#endings.delete(ending);
  }

  /** Resolves after a while, or when it ends. */
  sleep(delayMs: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#endings.delete(done);
        resolve();
      };
      const timer = this.#clock.setTimer(delayMs, done);
      this.#endings.add(done);
    });
  }
}
