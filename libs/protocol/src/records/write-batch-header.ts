/** Writes the 61 bytes in front of the records of a batch, the CRC last. */
import type { Buffer } from 'node:buffer';
import { compressionCodes, type CompressionName } from '../compression/compression.ts';
import { ATTRIBUTE, BATCH, writeInt64 } from './batch-header.ts';
import { crc32c } from './crc32c.ts';

/** Who produces a batch and as what; left out, it is neither idempotent nor transactional. */
export interface ProducerStamp {
  readonly producerId?: number;
  readonly producerEpoch?: number;
  /** Of the first record; the others follow and wrap from 2^31 - 1 to 0. */
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
}

/** Everything that a header says. */
export interface BatchHeaderInput extends ProducerStamp {
  readonly compression: CompressionName;
  readonly count: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
}

/** Fills in the header of a batch whose records are in place. */
export function writeBatchHeader(batch: Buffer, header: BatchHeaderInput): void {
  const attributes =
    compressionCodes[header.compression] |
    (header.isTransactional === true ? ATTRIBUTE.TRANSACTIONAL : 0) |
    (header.isControl === true ? ATTRIBUTE.CONTROL : 0);
  writeInt64(batch, 0, header.baseOffset ?? 0);
  batch.writeInt32BE(batch.length - BATCH.LEADER_EPOCH, BATCH.LENGTH);
  batch.writeInt32BE(header.leaderEpoch ?? -1, BATCH.LEADER_EPOCH);
  batch[BATCH.MAGIC] = 2;
  batch.writeInt16BE(attributes, BATCH.ATTRIBUTES);
  batch.writeInt32BE(header.lastOffsetDelta, BATCH.LAST_OFFSET_DELTA);
  writeInt64(batch, BATCH.BASE_TIMESTAMP, header.baseTimestamp);
  writeInt64(batch, BATCH.MAX_TIMESTAMP, header.maxTimestamp);
  writeInt64(batch, BATCH.PRODUCER_ID, header.producerId ?? -1);
  batch.writeInt16BE(header.producerEpoch ?? -1, BATCH.PRODUCER_EPOCH);
  batch.writeInt32BE(header.baseSequence ?? -1, BATCH.BASE_SEQUENCE);
  batch.writeInt32BE(header.count, BATCH.COUNT);
  batch.writeUInt32BE(crc32c(batch, BATCH.ATTRIBUTES), BATCH.CRC);
}

/** What a broker sets on a batch that it appends to its log. */
export interface LogPosition {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  /** LogAppendTime: the time for every record of the batch. Changes the CRC. */
  readonly logAppendTimeMs?: number;
}

/** Gives a produced batch its place in the log, in place. Offset and epoch are outside the CRC. */
export function assignOffsets(batch: Buffer, { baseOffset, leaderEpoch, logAppendTimeMs }: LogPosition): void {
  writeInt64(batch, 0, baseOffset);
  batch.writeInt32BE(leaderEpoch, BATCH.LEADER_EPOCH);
  if (logAppendTimeMs === undefined) return;
  batch.writeInt16BE(batch.readInt16BE(BATCH.ATTRIBUTES) | ATTRIBUTE.LOG_APPEND_TIME, BATCH.ATTRIBUTES);
  writeInt64(batch, BATCH.MAX_TIMESTAMP, logAppendTimeMs);
  batch.writeUInt32BE(crc32c(batch, BATCH.ATTRIBUTES), BATCH.CRC);
}
