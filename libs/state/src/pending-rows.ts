import type { StoreRow } from './store-row.ts';

/** Rows whose update waits for the next flush, in the order of their last write (the JVM's NamedCache). Linked through the rows themselves. */
export class PendingRows {
  #first: StoreRow | undefined;
  #last: StoreRow | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Puts a row at the end, wherever it was. */
  touch(row: StoreRow): void {
    if (row === this.#last) return;
    if (row.isPending) this.#unlink(row);
    row.isPending = true;
    row.previous = this.#last;
    if (this.#last === undefined) this.#first = row;
    else this.#last.next = row;
    this.#last = row;
  }

  /** Takes the first row out. */
  shift(): StoreRow | undefined {
    const row = this.#first;
    if (row === undefined) return undefined;
    this.#unlink(row);
    row.isPending = false;
    return row;
  }

  #unlink(row: StoreRow): void {
    const { previous, next } = row;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    row.previous = row.next = undefined;
  }
}
