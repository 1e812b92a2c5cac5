/**
 * Which batches of one fetch answer a reader of committed data may see: the rules of Java's `CompletedFetch`.
 *
 * The broker lists the aborted transactions that overlap the answer. Up to each batch the transactions that have begun are opened
 * (all of them, not one a step); a producer's transaction is closed by an abort marker - a control batch, never a record that looks
 * like one - and stays open to the end of the answer when its marker comes in a later one.
 */
import type { Buffer } from 'node:buffer';
import { decodeBatch, decodeControlRecord, RecordColumns, type BatchHeader } from '@millrace/protocol';

/** As Fetch lists them. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Tells batch after batch, in the order of the log. One filter an answer and partition. */
export class ReadCommittedFilter {
  readonly #upcoming: readonly AbortedTransaction[];
  readonly #open = new Set<number>();
  #next = 0;

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#upcoming = aborted.length < 2 ? aborted : [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the records of this batch stay hidden. */
  hides(buffer: Buffer, header: BatchHeader): boolean {
    this.#openUpTo(header.lastOffset);
    if (header.isControl) {
      if (this.#open.has(header.producerId) && isAbortMarker(buffer, header)) this.#open.delete(header.producerId);
      return true;
    }
    return header.isTransactional && this.#open.has(header.producerId);
  }

  #openUpTo(offset: number): void {
    for (let next = this.#upcoming[this.#next]; next !== undefined; next = this.#upcoming[this.#next]) {
      if (next.firstOffset > offset) return;
      this.#open.add(next.producerId);
      this.#next += 1;
    }
  }
}

function isAbortMarker(buffer: Buffer, header: BatchHeader): boolean {
  const columns = new RecordColumns();
  decodeBatch(buffer, header, columns);
  return columns.count > 0 && decodeControlRecord(columns, 0)?.type === 'ABORT';
}
