/**
 * The records of a producer for one partition, from append to acknowledgement, with their sequence numbers (KIP-98).
 *
 *   append ─▶ open batch ─seal─▶ waiting ─send─▶ in flight ─▶ acknowledged
 *                                   ▲──────requeue──────┘
 *
 * A batch gets its sequence when it is sent for the first time and keeps it in every retry. Retries go one after the other, the oldest
 * first, so that the log gets the batches in order whatever was lost on the way.
 */
import { invariant } from '@millrace/base';
import { BatchBuilder, type BatchBuilderOptions, type HeaderInput } from '@millrace/protocol';

/** Sequences count from 0 to 2^31 - 1 and start again at 0. */
const sequenceSpan = 0x8000_0000;
/** The broker remembers this many batches of a producer and partition to recognise duplicates. */
export const maxInFlight = 5;
/** Beyond what a batch held before: the longest frame of a record. */
const slackBytes = 64;
const smallestBytes = 1_024;

/** The sequence after a batch. */
export function nextSequence(sequence: number, count: number): number {
  return (sequence + count) % sequenceSpan;
}

export interface OutgoingBatch {
  readonly builder: BatchBuilder;
  readonly sizeBytes: number;
  readonly count: number;
  /** Place among the batches of the partition. */
  readonly order: number;
  readonly createdAtMs: number;
  /** -1 until it is sent. */
  sequence: number;
  /** As it goes to the broker, made at the first sending. */
  bytes: Buffer | undefined;
}

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** A batch is sealed rather than made larger. */
  readonly batchBytes: number;
  /** After the last acknowledged record. */
  endOffset: number | undefined;
  /** Failed lately: nothing is sent for a while. */
  blocked = false;
  failures = 0;
  readonly #waiting: OutgoingBatch[] = [];
  readonly #inFlight: OutgoingBatch[] = [];
  #open: BatchBuilder | undefined;
  #openedAtMs = 0;
  #order = 0;
  #nextSequence = 0;
  #expectedSequence = 0;
  /** The leader has a batch of this producer: from now on it takes nothing out of order. */
  #isKnown = false;
  #lastBytes = smallestBytes;

  constructor(topic: string, partition: number, batchBytes: number) {
    this.topic = topic;
    this.partition = partition;
    this.batchBytes = batchBytes;
  }

  /** Size of the open batch; 0 when there is none. */
  get openBytes(): number {
    return this.#open?.sizeBytes ?? 0;
  }

  /** Something was sent of which nobody knows whether it arrived. */
  get isUncertain(): boolean {
    return this.#inFlight.length > 0 || this.#waiting.some(({ sequence }) => sequence >= 0);
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The oldest batch that is not sent. */
  get head(): OutgoingBatch | undefined {
    return this.#waiting[0];
  }

  /** Opens a batch. */
  open(compression: BatchBuilderOptions['compression'], nowMs: number): void {
    this.#open = new BatchBuilder({
      initialBytes: this.#lastBytes + slackBytes,
      ...(compression === undefined ? {} : { compression }),
    });
    this.#openedAtMs = nowMs;
  }

  /** Adds to the open batch; returns by how much it grew. */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: readonly HeaderInput[] | undefined,
  ): number {
    const builder = this.#open as BatchBuilder;
    const before = builder.sizeBytes;
    builder.append(key, value, timestamp, headers);
    return builder.sizeBytes - before;
  }

  /** Ends the open batch. False when there is none. */
  seal(): boolean {
    const builder = this.#open;
    if (builder === undefined) return false;
    this.#open = undefined;
    const { sizeBytes, count } = builder;
    this.#lastBytes = Math.max(smallestBytes, sizeBytes);
    this.#waiting.push({
      builder,
      sizeBytes,
      count,
      order: this.#order++,
      createdAtMs: this.#openedAtMs,
      sequence: -1,
      bytes: undefined,
    });
    return true;
  }

  /**
   * Whether the head may go: a new batch while few are in flight, a retry only when nothing older is. The first batch goes alone: a log that
   * knows nothing of the producer takes any sequence, thus the second batch too when it has just refused the first.
   */
  maySend(): boolean {
    const head = this.#waiting[0];
    if (head === undefined || this.blocked) return false;
    const oldest = this.#inFlight[0];
    if (head.sequence >= 0) return oldest === undefined || head.order < oldest.order;
    return this.#inFlight.length < (this.#isKnown ? maxInFlight : 1);
  }

  /** Takes the head to be sent and gives it its sequence. */
  send(): OutgoingBatch {
    const batch = this.#waiting.shift();
    invariant(batch !== undefined, 'a batch waits when it is sent');
    if (batch.sequence < 0) {
      batch.sequence = this.#nextSequence;
      this.#nextSequence = nextSequence(batch.sequence, batch.count);
    }
    insert(this.#inFlight, batch);
    return batch;
  }

  /** The batch is in the log. An offset of -1 is not known (a duplicate of long ago). */
  acknowledge(batch: OutgoingBatch, baseOffset: number): void {
    this.#land(batch);
    this.#isKnown = true;
    this.#expectedSequence = nextSequence(batch.sequence, batch.count);
    this.failures = 0;
    if (baseOffset >= 0) this.endOffset = baseOffset + batch.count;
  }

  /** The batch is to be sent again, in its place. */
  requeue(batch: OutgoingBatch): void {
    this.#land(batch);
    insert(this.#waiting, batch);
  }

  /** Whether everything before the batch is acknowledged: then the log should continue with it. */
  isExpected(batch: OutgoingBatch): boolean {
    return batch.sequence === this.#expectedSequence;
  }

  /** Drops everything that is not acknowledged. */
  clear(): void {
    this.#open = undefined;
    this.#waiting.length = 0;
    this.#inFlight.length = 0;
    this.failures = 0;
  }

  /** The producer has a new id, of which the log knows nothing. */
  becomeUnknown(): void {
    this.#isKnown = false;
  }

  /** A new producer epoch starts at 0. */
  restartSequence(sequence = 0): void {
    this.#nextSequence = sequence;
    this.#expectedSequence = sequence;
  }

  #land(batch: OutgoingBatch): void {
    const at = this.#inFlight.indexOf(batch);
    invariant(at >= 0, 'a batch is in flight when it is answered');
    this.#inFlight.splice(at, 1);
  }
}

function insert(batches: OutgoingBatch[], batch: OutgoingBatch): void {
  let at = batches.length;
  while (at > 0 && (batches[at - 1] as OutgoingBatch).order > batch.order) at -= 1;
  batches.splice(at, 0, batch);
}
