/**
 * LZ4 frames as Kafka writes them. Checksums of the frame are not compared: the CRC of the batch covers the same bytes.
 * Written: independent blocks of 64 KiB.
 */
import { Buffer } from 'node:buffer';
import { findMatches } from './match-finder.ts';
import { Output } from './output.ts';

const MAGIC = 0x184d2204;
const BLOCK_BYTES = 65_536;
const STORED = 0x8000_0000;
/** Version 1, independent blocks; 64 KiB; and the checksum of these two bytes. */
const DESCRIPTOR = [0x60, 0x40, 0x82];
/** The format asks that the last five bytes be literals and that no match start in the last twelve. */
const TAIL_BYTES = 12;
const MAX_BLOCK_OVERHEAD = (size: number): number => size + Math.ceil(size / 255) + 16;

/** Compresses to one frame. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const frame = Buffer.allocUnsafe(7 + MAX_BLOCK_OVERHEAD(bytes.length) + blocks * 24 + 4);
  frame.writeUInt32LE(MAGIC, 0);
  frame.set(DESCRIPTOR, 4);
  let at = 7;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    const blockEnd = writeBlock(bytes, start, end, frame, at + 4);
    if (blockEnd - at - 4 < end - start) {
      frame.writeUInt32LE(blockEnd - at - 4, at);
      at = blockEnd;
    } else {
      frame.writeUInt32LE((STORED | (end - start)) >>> 0, at);
      frame.set(bytes.subarray(start, end), at + 4);
      at += 4 + end - start;
    }
  }
  frame.writeUInt32LE(0, at);
  return frame.subarray(0, at + 4);
}

function writeBlock(bytes: Uint8Array, start: number, end: number, out: Buffer, position: number): number {
  let at = position;
  const rest = findMatches(bytes, start, end, TAIL_BYTES, (literalStart, matchStart, distance, length) => {
    at = writeLiterals(bytes, literalStart, matchStart, out, at, Math.min(15, length - 4));
    out[at++] = distance & 255;
    out[at++] = distance >>> 8;
    if (length - 4 >= 15) at = writeLength(out, at, length - 4 - 15);
  });
  return writeLiterals(bytes, rest, end, out, at, 0);
}

/** The token of a sequence, its literals' length and the literals. */
function writeLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Buffer,
  position: number,
  matchNibble: number,
) {
  const length = end - start;
  let at = position;
  out[at++] = (Math.min(15, length) << 4) | matchNibble;
  if (length >= 15) at = writeLength(out, at, length - 15);
  out.set(bytes.subarray(start, end), at);
  return at + length;
}

function writeLength(out: Buffer, position: number, length: number): number {
  let at = position;
  let rest = length;
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}

/** Decompresses frames, one or several. */
export function lz4Decompress(input: Buffer, limitBytes: number): Buffer {
  const output = new Output('lz4', Math.min(limitBytes, input.length * 4), limitBytes);
  let at = 0;
  while (at < input.length) at = readFrame(input, at, output);
  return output.finish();
}

function readFrame(input: Buffer, start: number, output: Output): number {
  if (start + 7 > input.length || input.readUInt32LE(start) !== MAGIC) output.malformed('no frame starts here');
  const flags = input[start + 4] as number;
  if (flags >>> 6 !== 1 || flags & 1) output.malformed('the frame has another version or a dictionary');
  const blockChecksum = flags & 0x10 ? 4 : 0;
  let at = start + 7 + (flags & 0x08 ? 8 : 0);
  for (;;) {
    if (at + 4 > input.length) output.malformed('the frame does not end');
    const word = input.readUInt32LE(at);
    at += 4;
    if (word === 0) return at + (flags & 0x04 ? 4 : 0);
    const end = at + (word & 0x7fff_ffff);
    if (end > input.length) output.malformed('a block runs past the input');
    if (word >= STORED) output.literal(input, at, end);
    else readBlock(input, at, end, output);
    at = end + blockChecksum;
  }
}

function readBlock(input: Buffer, start: number, end: number, output: Output): void {
  let at = start;
  while (at < end) {
    const token = input[at++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      let byte: number;
      do {
        byte = at < end ? (input[at++] as number) : output.malformed('a length does not end');
        literals += byte;
      } while (byte === 255);
    }
    if (at + literals > end) output.malformed('a literal runs past its block');
    output.literal(input, at, at + literals);
    at += literals;
    if (at === end) return;
    if (at + 2 > end) output.malformed('a block ends within a match');
    const distance = (input[at] as number) | ((input[at + 1] as number) << 8);
    at += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let byte: number;
      do {
        byte = at < end ? (input[at++] as number) : output.malformed('a length does not end');
        length += byte;
      } while (byte === 255);
    }
    output.match(distance, length);
  }
}
