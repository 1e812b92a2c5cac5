/** Rows of a range, read while they are gone through. Each walk is a read of its own. */
export class QueryRows<T> implements AsyncIterable<T> {
  readonly #chunks: () => AsyncIterable<readonly T[]>;

  constructor(chunks: () => AsyncIterable<readonly T[]>) {
    this.#chunks = chunks;
  }

  /** Reads from the beginning; `break` ends the read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const chunk of this.#chunks()) yield* chunk;
  }

  /** All rows at once: for ranges that fit into memory. */
  async toArray(): Promise<T[]> {
    const rows: T[] = [];
    for await (const chunk of this.#chunks()) rows.push(...chunk);
    return rows;
  }

  /** The first row, or null. */
  async first(): Promise<T | null> {
    for await (const [row] of this.#chunks()) if (row !== undefined) return row;
    return null;
  }
}
