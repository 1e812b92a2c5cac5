/**
 * How many requests may be out at once. It halves when the server is overloaded and grows back by one for each round that goes well (AIMD),
 * never above the maximum nor below one.
 */
export class AdaptiveLimit {
  readonly #max: number;
  #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  /** How many may be out now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#taken;
  }

  /** Takes a place; a promise when one has to be waited for. First come, first served. */
  take(): Promise<void> | undefined {
    if (this.#taken < this.limit && this.#waiting.length === 0) {
      this.#taken++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back. */
  release(): void {
    this.#taken--;
    while (this.#taken < this.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken++;
      next();
    }
  }

  /** A request went well. */
  grow(): void {
    this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
  }

  /** The server could not keep up. */
  shrink(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }
}
