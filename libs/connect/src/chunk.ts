/** A run of records of one partition, mapped: what is written and acknowledged together. */
import type { MillraceError } from '@millrace/base';
import type { FetchedBatch, RowWrite } from '@millrace/ports';
import type { DeadLetter } from './dead-letters.ts';

export class Chunk {
  readonly rows: RowWrite[] = [];
  readonly deadLetters: DeadLetter[] = [];
  /** Number of rows after each record. */
  readonly #ends: number[] = [];
  readonly #slices: { readonly batch: FetchedBatch; readonly from: number; readonly first: number }[] = [];
  /** Where to read on once it is acknowledged; undefined while nothing is in it. */
  nextOffset: number | undefined;
  /** The record behind the chunk at which the connector has to stop. */
  stop: MillraceError | undefined;

  get records(): number {
    return this.#ends.length;
  }

  /** Records from `from` on follow. */
  begin(batch: FetchedBatch, from: number): void {
    this.#slices.push({ batch, from, first: this.#ends.length });
  }

  /** The rows of one more record are all there. */
  recordDone(): void {
    this.#ends.push(this.rows.length);
  }

  /** The rows of the records from `first` to `end`. */
  rowsOf(first: number, end: number): readonly RowWrite[] {
    return this.rows.slice(first === 0 ? 0 : this.#ends[first - 1], this.#ends[end - 1]);
  }

  /** Where the n-th record came from. */
  source(n: number): { readonly batch: FetchedBatch; readonly index: number } | undefined {
    const slice = this.#slices.findLast(({ first }) => first <= n);
    return slice === undefined ? undefined : { batch: slice.batch, index: slice.from + (n - slice.first) };
  }
}
