/** Snappy: the framing of snappy-java that Kafka writes, and plain blocks as some clients do. */
import { Buffer } from 'node:buffer';
import { findMatches } from './match-finder.ts';
import { Output } from './output.ts';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;
const CHUNK_BYTES = 32_768;

/** Compresses with the framing that every Kafka client reads. */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
  const out = Buffer.allocUnsafe(XERIAL_HEADER_BYTES + bytes.length + Math.ceil(bytes.length / 6) + chunks * 48);
  out.set(XERIAL_MAGIC);
  out.writeInt32BE(1, 8);
  out.writeInt32BE(1, 12);
  let at = XERIAL_HEADER_BYTES;
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const end = writeChunk(bytes, start, Math.min(start + CHUNK_BYTES, bytes.length), out, at + 4);
    out.writeInt32BE(end - at - 4, at);
    at = end;
  }
  return out.subarray(0, at);
}

function writeChunk(bytes: Uint8Array, start: number, end: number, out: Buffer, position: number): number {
  let at = position;
  let size = end - start;
  for (; size >= 0x80; size >>>= 7) out[at++] = (size & 0x7f) | 0x80;
  out[at++] = size;
  const rest = findMatches(bytes, start, end, 0, (literalStart, matchStart, distance, length) => {
    at = writeLiteral(bytes, literalStart, matchStart, out, at);
    at = writeCopies(out, at, distance, length);
  });
  return writeLiteral(bytes, rest, end, out, at);
}

function writeLiteral(bytes: Uint8Array, start: number, end: number, out: Buffer, position: number): number {
  const length = end - start;
  if (length === 0) return position;
  let at = position;
  const code = length - 1;
  if (code < 60) out[at++] = code << 2;
  else if (code < 0x100) {
    out[at++] = 60 << 2;
    out[at++] = code;
  } else {
    out[at++] = 61 << 2;
    out[at++] = code & 255;
    out[at++] = code >>> 8;
  }
  out.set(bytes.subarray(start, end), at);
  return at + length;
}

/** Copies of at most 64 bytes with a distance of two bytes. */
function writeCopies(out: Buffer, position: number, distance: number, length: number): number {
  let at = position;
  for (let rest = length; rest > 0;) {
    const size = Math.min(64, rest);
    out[at++] = ((size - 1) << 2) | 2;
    out[at++] = distance & 255;
    out[at++] = distance >>> 8;
    rest -= size;
  }
  return at;
}

/** Decompresses either form. */
export function snappyDecompress(input: Buffer, limitBytes: number): Buffer {
  const output = new Output('snappy', Math.min(limitBytes, input.length * 4), limitBytes);
  if (!input.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    readChunk(input, 0, input.length, output);
    return output.finish();
  }
  let at = XERIAL_HEADER_BYTES;
  while (at < input.length) {
    if (at + 4 > input.length) output.malformed('a chunk has no length');
    const end = at + 4 + input.readInt32BE(at);
    if (end < at + 4 || end > input.length) output.malformed('a chunk runs past the input');
    readChunk(input, at + 4, end, output);
    at = end;
  }
  return output.finish();
}

function readChunk(input: Buffer, start: number, end: number, output: Output): void {
  let at = start;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) output.malformed('the length of a chunk does not end');
    const byte = input[at++] as number;
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const base = output.position;
  while (at < end) at = readElement(input, at, end, output);
  if (output.position - base !== size) output.malformed(`a chunk announces ${size} bytes`);
}

function readElement(input: Buffer, start: number, end: number, output: Output): number {
  const tag = input[start] as number;
  const at = start + 1;
  const kind = tag & 3;
  if (kind === 0) {
    const code = tag >>> 2;
    const extra = code < 60 ? 0 : code - 59;
    if (at + extra > end) output.malformed('a literal has no length');
    const length = (extra === 0 ? code : input.readUIntLE(at, extra)) + 1;
    if (at + extra + length > end) output.malformed('a literal runs past its chunk');
    output.literal(input, at + extra, at + extra + length);
    return at + extra + length;
  }
  const extra = kind === 3 ? 4 : kind;
  if (at + extra > end) output.malformed('a copy has no distance');
  if (kind === 1) output.match(((tag >>> 5) << 8) | (input[at] as number), ((tag >>> 2) & 7) + 4);
  else output.match(input.readUIntLE(at, extra), (tag >>> 2) + 1);
  return at + extra;
}
