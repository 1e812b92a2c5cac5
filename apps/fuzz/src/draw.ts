/** Draws from a source of chance. */
import type { Random } from '@millrace/base';

export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** True with a probability. */
  chance(share: number): boolean {
    return this.#random.next() < share;
  }

  /** From `low` to `high`, both possible. */
  int(low: number, high: number): number {
    return low + this.#random.int(high - low + 1);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random.int(from.length)] as T;
  }

  /** A list of `low` to `high` things. */
  list<T>(low: number, high: number, make: () => T): T[] {
    return Array.from({ length: this.int(low, high) }, make);
  }
}
