/** The 61 bytes before the records of a batch (format 2), and walking the batches of a fetch response. */
import type { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';

/** Where the parts of a batch are. Everything from ATTRIBUTES on is covered by the CRC. */
export const BATCH = {
  LENGTH: 8,
  LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  COUNT: 57,
  RECORDS: 61,
} as const;

/** Bits of the attributes beside the compression in the lowest three. */
export const ATTRIBUTE = { LOG_APPEND_TIME: 0x08, TRANSACTIONAL: 0x10, CONTROL: 0x20 } as const;

/** Bytes of a batch that its length field does not count. */
const LENGTH_OVERHEAD = 12;

/** What is known of a batch without looking at its records. */
export interface BatchHeader {
  /** Where the batch starts in the buffer it was read from. */
  readonly position: number;
  readonly sizeInBytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly compression: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
}

/** An int64 as a number; the values of a batch are offsets, times and ids, all within the safe integers. */
export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * 0x1_0000_0000 + buffer.readUInt32BE(position + 4);
}

/** Writes a safe integer as an int64. */
export function writeInt64(buffer: Buffer, position: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), position);
  buffer.writeInt32BE(value | 0, position + 4);
}

/** Reads the batch at `position`; undefined when the buffer ends before the batch does, as fetch responses may. */
export function readBatchHeader(buffer: Buffer, position: number): BatchHeader | undefined {
  if (position + BATCH.CRC > buffer.length) return undefined;
  const length = buffer.readInt32BE(position + BATCH.LENGTH);
  const baseOffset = readInt64(buffer, position);
  const magic = buffer[position + BATCH.MAGIC] as number;
  if (magic !== 2) throw millraceError('MR_PROTOCOL_MAGIC_UNSUPPORTED', { magic, baseOffset });
  const sizeInBytes = length + LENGTH_OVERHEAD;
  if (sizeInBytes < BATCH.RECORDS)
    malformed(position, `the batch at offset ${baseOffset} is ${sizeInBytes} bytes long`);
  if (position + sizeInBytes > buffer.length) return undefined;
  const attributes = buffer.readInt16BE(position + BATCH.ATTRIBUTES);
  return {
    position,
    sizeInBytes,
    baseOffset,
    lastOffset: baseOffset + buffer.readInt32BE(position + BATCH.LAST_OFFSET_DELTA),
    leaderEpoch: buffer.readInt32BE(position + BATCH.LEADER_EPOCH),
    crc: buffer.readUInt32BE(position + BATCH.CRC),
    compression: attributes & 7,
    timestampType: attributes & ATTRIBUTE.LOG_APPEND_TIME ? 'LogAppendTime' : 'CreateTime',
    isTransactional: (attributes & ATTRIBUTE.TRANSACTIONAL) !== 0,
    isControl: (attributes & ATTRIBUTE.CONTROL) !== 0,
    baseTimestamp: readInt64(buffer, position + BATCH.BASE_TIMESTAMP),
    maxTimestamp: readInt64(buffer, position + BATCH.MAX_TIMESTAMP),
    producerId: readInt64(buffer, position + BATCH.PRODUCER_ID),
    producerEpoch: buffer.readInt16BE(position + BATCH.PRODUCER_EPOCH),
    baseSequence: buffer.readInt32BE(position + BATCH.BASE_SEQUENCE),
    count: buffer.readInt32BE(position + BATCH.COUNT),
  };
}

/** Calls `visit` with each whole batch in order; stops at a partial last one. Returns where it stopped. */
export function forEachBatch(buffer: Buffer, visit: (header: BatchHeader) => void): number {
  let position = 0;
  for (;;) {
    const header = readBatchHeader(buffer, position);
    if (header === undefined) return position;
    visit(header);
    position += header.sizeInBytes;
  }
}

/** Bytes of a batch that cannot be what they say. */
export function malformed(position: number, why: string): never {
  throw millraceError('MR_PROTOCOL_MALFORMED', { what: 'A record batch', position, why });
}
