/** Reads the records of a batch into columns: checks the CRC, inflates within a limit, trusts no length. */
import type { Buffer } from 'node:buffer';
import { invariant, millraceError } from '@millrace/base';
import { inflate } from '../compression/compression.ts';
import { BATCH, malformed, type BatchHeader } from './batch-header.ts';
import { crc32c } from './crc32c.ts';
import type { Header, RecordColumns } from './record-columns.ts';
import { VarintCursor } from './varint-cursor.ts';

/** A record is at least its length, attributes, two deltas, two lengths and a header count. */
const MINIMAL_RECORD_BYTES = 7;
const MAX_INT32 = 0x7fff_ffff;

/** How to decode. */
export interface DecodeOptions {
  /** Compare the CRC with the bytes; default true. */
  readonly checkCrc?: boolean;
  /** What a compressed batch may inflate to; default 64 MiB. */
  readonly maxInflatedBytes?: number;
}

const DEFAULTS: DecodeOptions = {};

/**
 * Appends the records of a batch. Columns lie over one buffer: a compressed batch, or one of another buffer,
 * needs columns that are empty. Columns hold the records read so far when it throws: reset them.
 */
export function decodeBatch(buffer: Buffer, header: BatchHeader, into: RecordColumns, options = DEFAULTS): void {
  const end = header.position + header.sizeInBytes;
  if (options.checkCrc !== false) checkCrc(buffer, header, end);
  if (header.count < 0) malformed(header.position, `a batch holds ${header.count} records`);
  const start = header.position + BATCH.RECORDS;
  if (header.compression === 0) return readRecords(new VarintCursor(buffer, start, end), header, into);
  const inflated = inflate(header.compression, buffer.subarray(start, end), options.maxInflatedBytes);
  readRecords(new VarintCursor(inflated, 0, inflated.length), header, into);
}

function checkCrc(buffer: Buffer, { position, baseOffset, crc }: BatchHeader, end: number): void {
  const actual = crc32c(buffer, position + BATCH.ATTRIBUTES, end);
  if (actual !== crc) throw millraceError('MR_PROTOCOL_CRC_MISMATCH', { baseOffset, expected: crc, actual });
}

function readRecords(cursor: VarintCursor, header: BatchHeader, into: RecordColumns): void {
  const { count, baseOffset } = header;
  const room = (cursor.end - cursor.position) / MINIMAL_RECORD_BYTES;
  if (count > room) malformed(cursor.position, `${count} records are announced, ${Math.floor(room)} fit`);
  if (into.count === 0) {
    into.buf = cursor.buffer;
    into.baseOffset = baseOffset;
  }
  invariant(into.buf === cursor.buffer, 'columns lie over one buffer: reset them before a batch of another one');
  const shift = baseOffset - into.baseOffset;
  if (shift < 0 || shift + (header.lastOffset - baseOffset) > MAX_INT32) {
    malformed(header.position, `offset ${baseOffset} follows ${into.baseOffset}`);
  }
  into.ensure(into.count + count);
  const last = into.count + count;
  // One record out of the ordinary at a time: after it the plain ones go on.
  for (let i = into.count; i < last; i++) {
    i = readPlainRecords({ cursor, header, into, shift }, i, last);
    if (i < last) readRecord(cursor, header, into, i, shift);
  }
  if (cursor.position !== cursor.end) malformed(cursor.position, 'bytes are left over after the last record');
  into.count = last;
}

interface Reading {
  readonly cursor: VarintCursor;
  readonly header: BatchHeader;
  readonly into: RecordColumns;
  /** Added to the offset deltas of the batch. */
  readonly shift: number;
}

/**
 * Reads records whose numbers are short, which nearly all are, without a cursor: twice as fast. Stops at the first that is not so, or that
 * is not whole, and gives its index.
 */
function readPlainRecords({ cursor, header, into, shift }: Reading, from: number, last: number): number {
  const { buffer, end: batchEnd } = cursor;
  const { timestamp, offsetDelta, keyLen, keyOff, valLen, valOff, hdrCount, hdrOff } = into;
  const { baseTimestamp, maxTimestamp } = header;
  const isCreateTime = header.timestampType === 'CreateTime';
  let start = cursor.position;
  let i = from;
  for (; i < last; i++) {
    const length = shortVarint(buffer, start);
    let at = start + (length & 7);
    const end = at + unzigzag(length >>> 3);
    const time = shortVarint(buffer, at + 1);
    at += 1 + (time & 7);
    const delta = shortVarint(buffer, at);
    at += delta & 7;
    const key = shortVarint(buffer, at);
    at += key & 7;
    const keyLength = unzigzag(key >>> 3);
    const keyStart = at;
    if (keyLength > 0) at += keyLength;
    const value = shortVarint(buffer, at);
    at += value & 7;
    const valueLength = unzigzag(value >>> 3);
    const valueStart = at;
    if (valueLength > 0) at += valueLength;
    // No headers, and the record ends where it says: all that was read is then inside it.
    const isPlain = length !== 0 && time !== 0 && delta !== 0 && key !== 0 && value !== 0;
    if (!isPlain || buffer[at] !== 0 || at + 1 !== end || end > batchEnd) break;
    timestamp[i] = isCreateTime ? baseTimestamp + unzigzag(time >>> 3) : maxTimestamp;
    offsetDelta[i] = unzigzag(delta >>> 3) + shift;
    keyLen[i] = keyLength;
    keyOff[i] = keyStart;
    valLen[i] = valueLength;
    valOff[i] = valueStart;
    hdrCount[i] = 0;
    hdrOff[i] = end;
    start = end;
  }
  cursor.position = start;
  return i;
}

/** A varint of up to four bytes with its size in the lowest three bits; 0 for a longer one, or when the buffer ends in it. */
function shortVarint(buffer: Buffer, at: number): number {
  const first = buffer[at] as number;
  if (first < 0x80) return (first << 3) | 1;
  const second = buffer[at + 1] as number;
  if (second < 0x80) return (((second << 7) | (first & 0x7f)) << 3) | 2;
  const low = ((second & 0x7f) << 7) | (first & 0x7f);
  const third = buffer[at + 2] as number;
  if (third < 0x80) return (((third << 14) | low) << 3) | 3;
  const fourth = buffer[at + 3] as number;
  return fourth < 0x80 ? (((fourth << 21) | ((third & 0x7f) << 14) | low) << 3) | 4 : 0;
}

function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function readRecord(cursor: VarintCursor, header: BatchHeader, into: RecordColumns, i: number, shift: number): void {
  const length = cursor.varint();
  const end = cursor.position + length;
  if (length < 0 || end > cursor.end) malformed(cursor.position, `a record is ${length} bytes long`);
  cursor.position++;
  const delta = cursor.varlong();
  into.timestamp[i] = header.timestampType === 'CreateTime' ? header.baseTimestamp + delta : header.maxTimestamp;
  into.offsetDelta[i] = cursor.varint() + shift;
  const keyLength = cursor.varint();
  into.keyLen[i] = keyLength;
  into.keyOff[i] = cursor.position;
  if (keyLength > 0) cursor.position += keyLength;
  if (cursor.position > end) malformed(cursor.position, `a key is ${keyLength} bytes long`);
  const valueLength = cursor.varint();
  into.valLen[i] = valueLength;
  into.valOff[i] = cursor.position;
  if (valueLength > 0) cursor.position += valueLength;
  if (cursor.position > end) malformed(cursor.position, `a value is ${valueLength} bytes long`);
  const headerCount = cursor.varint();
  into.hdrCount[i] = headerCount;
  into.hdrOff[i] = cursor.position;
  // Headers are read on demand. Without any, the record must end here.
  if (headerCount < 0 || headerCount > end - cursor.position || (headerCount === 0 && cursor.position !== end)) {
    malformed(cursor.position, `${headerCount} headers do not fill the record`);
  }
  cursor.position = end;
}

/** The headers of a record, parsed now. */
export function readHeaders(columns: RecordColumns, i: number): Header[] {
  const headers: Header[] = [];
  const cursor = new VarintCursor(columns.buf, columns.hdrOff[i] as number, columns.buf.length);
  for (let n = columns.hdrCount[i] as number; n > 0; n--) {
    const key = readBytes(cursor);
    if (key === null) malformed(cursor.position, 'the name of a header is null');
    headers.push({ key: key.toString('utf8'), value: readBytes(cursor) });
  }
  return headers;
}

function readBytes(cursor: VarintCursor): Buffer | null {
  const length = cursor.varint();
  if (length < 0) return null;
  const start = cursor.position;
  if (length > cursor.end - start) malformed(start, `a header is ${length} bytes long`);
  cursor.position = start + length;
  return cursor.buffer.subarray(start, cursor.position);
}
