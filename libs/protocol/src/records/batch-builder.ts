/**
 * Writes records straight into one growing buffer, header space in front, so that a finished batch needs no copy.
 * Order of calls: append any number of times, build once or more (a retry may need another producer epoch), reset.
 */
import { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';
import { deflate, type CompressionName } from '../compression/compression.ts';
import { BATCH } from './batch-header.ts';
import { writeBatchHeader, type ProducerStamp } from './write-batch-header.ts';

/** A header to be written with a record. */
export interface HeaderInput {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** How batches are built. */
export interface BatchBuilderOptions {
  /** Default none. */
  readonly compression?: CompressionName;
  /** First size of the buffer; it doubles when full. Default 16 KiB. */
  readonly initialBytes?: number;
}

/** From here on the native copy is faster than a loop. */
const NATIVE_COPY_BYTES = 64;
const MAX_BATCH_BYTES = 0x7fff_ffff;
/** Length, attributes, deltas, two lengths and the header count at their longest. */
const MAX_RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5 + 5 + 5;
/** Differences below this have a zigzag form of 32 bits. */
const SMALL_DELTA = 0x4000_0000;

/** Builds record batches of format 2. */
export class BatchBuilder {
  readonly #compression: CompressionName;
  readonly #initialBytes: number;
  #buffer: Buffer;
  #position: number = BATCH.RECORDS;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = -1;

  constructor(options: BatchBuilderOptions = {}) {
    this.#compression = options.compression ?? 'none';
    this.#initialBytes = Math.max(BATCH.RECORDS, options.initialBytes ?? 16_384);
    this.#buffer = Buffer.allocUnsafeSlow(this.#initialBytes);
  }

  /** Records appended since the last reset. */
  get count(): number {
    return this.#count;
  }

  /** Size of the batch before compression. */
  get sizeBytes(): number {
    return this.#position;
  }

  /** Appends a record; a timestamp of -1 means none. The bytes are copied. */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly HeaderInput[] | null,
  ): void {
    if (this.#count === 0) this.#baseTimestamp = timestamp;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const timestampDelta = timestamp - this.#baseTimestamp;
    const keyLength = key === null ? -1 : key.length;
    const valueLength = value === null ? -1 : value.length;
    const headerCount = headers ? headers.length : 0;
    const bodySize =
      1 +
      varlongSize(timestampDelta) +
      varintSize(this.#count) +
      varintSize(keyLength) +
      (keyLength > 0 ? keyLength : 0) +
      varintSize(valueLength) +
      (valueLength > 0 ? valueLength : 0) +
      varintSize(headerCount) +
      (headerCount > 0 ? headersSize(headers as readonly HeaderInput[]) : 0);
    this.#reserve(bodySize + MAX_RECORD_OVERHEAD);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, this.#position, bodySize);
    buffer[at++] = 0;
    at = writeVarlong(buffer, at, timestampDelta);
    at = writeVarint(buffer, at, this.#count);
    at = writeBytes(buffer, writeVarint(buffer, at, keyLength), key);
    at = writeBytes(buffer, writeVarint(buffer, at, valueLength), value);
    at = writeVarint(buffer, at, headerCount);
    if (headerCount > 0) at = writeHeaders(buffer, at, headers as readonly HeaderInput[]);
    this.#position = at;
    this.#count++;
  }

  /**
   * The batch as Produce takes it. Without compression it is the builder's own buffer, which the builder gives up at
   * `reset`; building again before that overwrites the header in place.
   */
  build(stamp: ProducerStamp = {}): Buffer {
    const batch = this.#compressed();
    writeBatchHeader(batch, {
      ...stamp,
      compression: this.#compression,
      count: this.#count,
      lastOffsetDelta: this.#count - 1,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
    });
    return batch;
  }

  /** Starts a new batch in a new buffer. */
  reset(): void {
    this.#buffer = Buffer.allocUnsafeSlow(this.#initialBytes);
    this.#position = BATCH.RECORDS;
    this.#count = 0;
    this.#baseTimestamp = 0;
    this.#maxTimestamp = -1;
  }

  #compressed(): Buffer {
    const plain = this.#buffer.subarray(0, this.#position);
    if (this.#compression === 'none') return plain;
    const records = deflate(this.#compression, plain.subarray(BATCH.RECORDS));
    const batch = Buffer.allocUnsafeSlow(BATCH.RECORDS + records.length);
    batch.set(records, BATCH.RECORDS);
    return batch;
  }

  #reserve(size: number): void {
    const needed = this.#position + size;
    if (needed <= this.#buffer.length) return;
    if (needed > MAX_BATCH_BYTES) {
      throw millraceError('MR_PROTOCOL_BATCH_TOO_LARGE', { sizeBytes: needed, limitBytes: MAX_BATCH_BYTES });
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(MAX_BATCH_BYTES, Math.max(needed, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = grown;
  }
}

function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

function writeVarint(buffer: Buffer, position: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = position;
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[at++] = zigzag;
  return at;
}

function isSmall(value: number): boolean {
  return value < SMALL_DELTA && value >= -SMALL_DELTA;
}

function zigzag64(value: number): bigint {
  return BigInt.asUintN(64, value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value));
}

function varlongSize(value: number): number {
  if (isSmall(value)) return varintSize(value);
  let size = 1;
  for (let rest = zigzag64(value) >> 7n; rest > 0n; rest >>= 7n) size++;
  return size;
}

function writeVarlong(buffer: Buffer, position: number, value: number): number {
  if (isSmall(value)) return writeVarint(buffer, position, value);
  let at = position;
  let rest = zigzag64(value);
  for (; rest >= 0x80n; rest >>= 7n) buffer[at++] = Number(rest & 0x7fn) | 0x80;
  buffer[at++] = Number(rest);
  return at;
}

function writeBytes(buffer: Buffer, position: number, bytes: Uint8Array | null): number {
  if (bytes === null) return position;
  const length = bytes.length;
  if (length >= NATIVE_COPY_BYTES) buffer.set(bytes, position);
  else for (let i = 0; i < length; i++) buffer[position + i] = bytes[i] as number;
  return position + length;
}

function headersSize(headers: readonly HeaderInput[]): number {
  let size = 0;
  for (const { key, value } of headers) {
    const keyLength = Buffer.byteLength(key);
    const valueLength = value === null ? 0 : value.length;
    size += varintSize(keyLength) + keyLength + varintSize(value === null ? -1 : valueLength) + valueLength;
  }
  return size;
}

function writeHeaders(buffer: Buffer, position: number, headers: readonly HeaderInput[]): number {
  let at = position;
  for (const { key, value } of headers) {
    const keyLength = Buffer.byteLength(key);
    at = writeVarint(buffer, at, keyLength);
    at += buffer.write(key, at, keyLength, 'utf8');
    at = writeBytes(buffer, writeVarint(buffer, at, value === null ? -1 : value.length), value);
  }
  return at;
}
