/** Choices of a seeded generator. */
import { seededRandom, type Random } from '@millrace/base';

export class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random.next() * (high - low + 1));
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.#random.next() * 100 < percent;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }

  /** The fields in so many of a hundred cases, else none. */
  maybe<T extends object>(percent: number, make: () => T): T | Record<string, never> {
    return this.chance(percent) ? make() : {};
  }
}
