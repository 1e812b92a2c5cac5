import type { FetchedBatch } from '@millrace/ports';

/** Records of one input partition that wait, as the batches they came in. */
export class InputQueue {
  readonly topic: string;
  readonly partition: number;
  readonly #batches: FetchedBatch[] = [];
  #index = 0;
  #buffered = 0;
  /** Where the fetcher is: past records that were dropped on the way, such as control records. */
  #nextOffset: number | undefined;
  /** Greatest timestamp read so far (JVM: partition time). */
  partitionTime = -1;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  add(batch: FetchedBatch): void {
    this.#nextOffset = batch.nextOffset;
    if (batch.count === 0) return;
    this.#batches.push(batch);
    this.#buffered += batch.count;
  }

  get buffered(): number {
    return this.#buffered;
  }

  /** The batch that holds the next record, and its index in it. */
  head(): { readonly batch: FetchedBatch; readonly index: number } | undefined {
    const batch = this.#batches[0];
    return batch === undefined ? undefined : { batch, index: this.#index };
  }

  headTimestamp(): number {
    const batch = this.#batches[0];
    return batch === undefined ? Infinity : batch.timestamp(this.#index);
  }

  /** The head is done. */
  shift(): void {
    const batch = this.#batches[0];
    if (batch === undefined) return;
    this.#buffered--;
    if (++this.#index < batch.count) return;
    this.#batches.shift();
    this.#index = 0;
  }

  /** The offset to commit: of the next record, or where the fetcher is; undefined when nothing was read. */
  position(): number | undefined {
    const batch = this.#batches[0];
    return batch === undefined ? this.#nextOffset : batch.offset(this.#index);
  }

  /** Batches not yet looked at by `prefetch`. */
  batches(): readonly FetchedBatch[] {
    return this.#batches;
  }
}
