/**
 * A partition: its log, what it remembers of producers, its transactions, and who waits for more. There is one replica: what is
 * appended is at once below the high watermark.
 */
import type { Buffer } from 'node:buffer';
import { assignOffsets, encodeControlBatch, errorCodes, readBatchHeader, type BatchHeader } from '@millrace/protocol';
import { BatchArena } from './batch-arena.ts';
import { PartitionLog, type StoredBatch } from './partition-log.ts';
import { ProducerStates } from './producer-states.ts';
import type { LogSettings } from './topic-settings.ts';
import { TransactionIndex } from './transaction-index.ts';

/** No leader ever changes on a single node. */
export const leaderEpoch = 0;

/** What became of a batch: a repetition of an earlier one is answered with the offset of that one. */
export interface Appended {
  readonly errorCode: number;
  readonly baseOffset: number;
  /** -1 with CreateTime. */
  readonly logAppendTimeMs: number;
}

/** How a batch came. */
export interface AppendConditions {
  readonly nowMs: number;
  readonly settings: LogSettings;
  /** The producer has transactions v2. */
  readonly bumpsEpoch: boolean;
}

/** The end of a transaction on a partition. */
export interface TransactionEnd {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

/** Called when records or markers were appended, with their bytes, and when the partition is gone. */
export type AppendListener = (sizeBytes: number) => void;

/** One partition of a topic. */
export class Partition {
  readonly index: number;
  readonly log = new PartitionLog();
  readonly producers = new ProducerStates();
  readonly transactions = new TransactionIndex();
  /** Below it the log has been compacted. */
  compactedUntil = 0;
  readonly #arena = new BatchArena();
  readonly #listeners = new Set<AppendListener>();

  constructor(index: number) {
    this.index = index;
  }

  /** Below it every transaction is decided: where read_committed readers stop. */
  get lastStableOffset(): number {
    return this.transactions.oldestOpenOffset ?? this.log.endOffset;
  }

  /** Whether the batch continues a transaction that this partition knows: then nobody needs to be asked. */
  continuesTransaction({ producerId, producerEpoch }: BatchHeader): boolean {
    return this.transactions.isOpen(producerId) && this.producers.epochOf(producerId) === producerEpoch;
  }

  /** Appends a batch of a client. The bytes are copied: they belong to a request. */
  append(records: Buffer, header: BatchHeader, conditions: AppendConditions): Appended {
    const isIdempotent = header.producerId >= 0;
    if (isIdempotent) {
      const earlier = this.producers.duplicateOf(header);
      if (earlier !== undefined)
        return { errorCode: 0, baseOffset: earlier.baseOffset, logAppendTimeMs: earlier.appendTimeMs };
      const errorCode = this.#refusal(header, conditions.bumpsEpoch);
      if (errorCode !== 0) return { errorCode, baseOffset: -1, logAppendTimeMs: -1 };
    }
    const { settings, nowMs } = conditions;
    const bytes = this.#arena.copy(records, header.position, header.position + header.sizeInBytes);
    const baseOffset = this.log.endOffset;
    const logAppendTimeMs = settings.logAppendTime ? nowMs : undefined;
    assignOffsets(bytes, { baseOffset, leaderEpoch, ...(logAppendTimeMs !== undefined && { logAppendTimeMs }) });
    if (isIdempotent) this.producers.appended(header, baseOffset, logAppendTimeMs ?? -1);
    if (header.isTransactional) this.transactions.begin(header.producerId, baseOffset);
    this.#store(storedBatch(bytes), settings);
    return { errorCode: 0, baseOffset, logAppendTimeMs: logAppendTimeMs ?? -1 };
  }

  /** Writes the marker that ends a transaction. */
  endTransaction(end: TransactionEnd, settings: LogSettings, nowMs: number): void {
    const { producerId, producerEpoch, committed } = end;
    const baseOffset = this.log.endOffset;
    const type = committed ? 'COMMIT' : 'ABORT';
    const bytes = encodeControlBatch({
      type,
      producerId,
      producerEpoch,
      coordinatorEpoch: 0,
      timestamp: nowMs,
      baseOffset,
      leaderEpoch,
    });
    this.producers.marked(producerId, producerEpoch, nowMs);
    this.transactions.end(producerId, baseOffset, committed);
    this.#store(storedBatch(bytes), settings);
  }

  /** Moves the first offset that may be read. */
  advanceStart(offset: number): void {
    this.log.advanceStart(offset);
    this.transactions.forgetBefore(this.log.startOffset);
  }

  listen(listener: AppendListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: AppendListener): void {
    this.#listeners.delete(listener);
  }

  /** Tells all that wait, as after an append. */
  notify(sizeBytes: number): void {
    for (const listener of [...this.#listeners]) listener(sizeBytes);
  }

  /** What a crash does to those that wait. */
  forgetListeners(): void {
    this.#listeners.clear();
  }

  /** Inside a transaction of its producer, a batch must be part of it. */
  #refusal(header: BatchHeader, bumpsEpoch: boolean): number {
    const errorCode = this.producers.refusal(header, bumpsEpoch);
    if (errorCode !== 0 || header.isTransactional || !this.transactions.isOpen(header.producerId)) return errorCode;
    return errorCodes.INVALID_TXN_STATE;
  }

  #store(batch: StoredBatch, settings: LogSettings): void {
    this.log.append(batch, settings);
    if (this.#listeners.size > 0) this.notify(batch.bytes.length);
  }
}

/** A batch whose place in the log has been written into it. */
export function storedBatch(bytes: Buffer): StoredBatch {
  const header = readBatchHeader(bytes, 0) as BatchHeader;
  const { baseOffset, lastOffset, maxTimestamp, producerId, isTransactional, isControl } = header;
  return { bytes, baseOffset, lastOffset, maxTimestamp, leaderEpoch, producerId, isTransactional, isControl };
}
