/** Which transactions are open on a partition, and which were aborted: what read_committed readers go by. */

/** A transaction that ended in an abort. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The offset of its marker. */
  readonly lastOffset: number;
  /** No transaction that ended later has records before this. */
  readonly stableUntil: number;
}

/** The transactions of a partition. */
export class TransactionIndex {
  /** Producer -> first offset, oldest first. */
  readonly #open = new Map<number, number>();
  /** By last offset, as they ended. */
  #aborted: AbortedTransaction[] = [];

  isOpen(producerId: number): boolean {
    return this.#open.has(producerId);
  }

  /** Where the open transaction of a producer begins; -1 without one. */
  firstOffset(producerId: number): number {
    return this.#open.get(producerId) ?? -1;
  }

  /** The first offset of the oldest open transaction. */
  get oldestOpenOffset(): number | undefined {
    return this.#open.values().next().value;
  }

  begin(producerId: number, offset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, offset);
  }

  end(producerId: number, markerOffset: number, committed: boolean): void {
    const firstOffset = this.#open.get(producerId);
    if (firstOffset === undefined) return;
    this.#open.delete(producerId);
    const stableUntil = this.oldestOpenOffset ?? markerOffset + 1;
    if (!committed) this.#aborted.push({ producerId, firstOffset, lastOffset: markerOffset, stableUntil });
  }

  /** Aborted transactions with records in [from, until), by first offset: those that began before `from` too. */
  aborted(from: number, until: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let i = this.#firstEndingAt(from); i < this.#aborted.length; i++) {
      const transaction = this.#aborted[i] as AbortedTransaction;
      if (transaction.firstOffset < until) found.push(transaction);
      if (transaction.stableUntil >= until) break;
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** All aborted transactions of each producer, in order. */
  abortedByProducer(): Map<number, AbortedTransaction[]> {
    const byProducer = new Map<number, AbortedTransaction[]>();
    for (const transaction of this.#aborted) {
      const own = byProducer.get(transaction.producerId);
      if (own === undefined) byProducer.set(transaction.producerId, [transaction]);
      else own.push(transaction);
    }
    return byProducer;
  }

  /** Forgets aborted transactions whose records and marker were compacted away. */
  forget(markerOffsets: ReadonlySet<number>): void {
    this.#aborted = this.#aborted.filter(({ lastOffset }) => !markerOffsets.has(lastOffset));
  }

  /** Forgets aborted transactions that lie before an offset. */
  forgetBefore(offset: number): void {
    this.#aborted = this.#aborted.slice(this.#firstEndingAt(offset));
  }

  #firstEndingAt(offset: number): number {
    let low = 0;
    let high = this.#aborted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#aborted[middle] as AbortedTransaction).lastOffset >= offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
