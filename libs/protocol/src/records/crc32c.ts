/** CRC-32C (Castagnoli) over bytes: long ones are folded first, the rest goes through tables, sixteen bytes at a time. */
import { foldCrc32c, worthwhileBytes } from './crc32c-fold.ts';

const POLYNOMIAL = 0x82f63b78;
const WIDTH = 16;

/** Sixteen tables of 256 in one array: table k holds the CRC of a byte followed by k zero bytes. */
const table = buildTable();

function buildTable(): Int32Array {
  const built = new Int32Array(WIDTH * 256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    built[n] = crc;
  }
  for (let k = 256; k < built.length; k++) {
    const previous = built[k - 256] as number;
    built[k] = (previous >>> 8) ^ (built[previous & 255] as number);
  }
  return built;
}

/** Words of memory are read as they lie there: only where the lowest byte comes first. */
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The CRC-32C of `buffer[start, end)` as an unsigned number. */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length): number {
  let crc = -1;
  let at = start;
  while (end - at >= worthwhileBytes) {
    const folded = foldCrc32c(crc, buffer, at, end);
    crc = overTables(0, folded.bytes, folded.start, folded.count);
    at += folded.count;
  }
  return ~overTables(crc, buffer, at, end) >>> 0;
}

function overTables(from: number, buffer: Uint8Array, start: number, end: number): number {
  const aligned = isLittleEndian ? Math.min(end, start + (-(buffer.byteOffset + start) & 3)) : end;
  const crc = overBytes(from, buffer, start, aligned);
  const count = (end - aligned) >> 4;
  if (count === 0) return overBytes(crc, buffer, aligned, end);
  const words = new Int32Array(buffer.buffer, buffer.byteOffset + aligned, 4 * count);
  return overBytes(overWords(crc, words), buffer, aligned + WIDTH * count, end);
}

function overBytes(from: number, buffer: Uint8Array, start: number, end: number): number {
  const t = table;
  let crc = from;
  for (let i = start; i < end; i++) crc = (crc >>> 8) ^ (t[(crc ^ (buffer[i] as number)) & 255] as number);
  return crc;
}

/** Four words at a time; their number is a multiple of four. Reading whole words is a fourth faster than a DataView is. */
function overWords(from: number, words: Int32Array): number {
  const t = table;
  let crc = from;
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ (words[i] as number);
    const b = words[i + 1] as number;
    const c = words[i + 2] as number;
    const d = words[i + 3] as number;
    crc =
      (t[3840 + (a & 255)] as number) ^
      (t[3584 + ((a >>> 8) & 255)] as number) ^
      (t[3328 + ((a >>> 16) & 255)] as number) ^
      (t[3072 + (a >>> 24)] as number) ^
      (t[2816 + (b & 255)] as number) ^
      (t[2560 + ((b >>> 8) & 255)] as number) ^
      (t[2304 + ((b >>> 16) & 255)] as number) ^
      (t[2048 + (b >>> 24)] as number) ^
      (t[1792 + (c & 255)] as number) ^
      (t[1536 + ((c >>> 8) & 255)] as number) ^
      (t[1280 + ((c >>> 16) & 255)] as number) ^
      (t[1024 + (c >>> 24)] as number) ^
      (t[768 + (d & 255)] as number) ^
      (t[512 + ((d >>> 8) & 255)] as number) ^
      (t[256 + ((d >>> 16) & 255)] as number) ^
      (t[d >>> 24] as number);
  }
  return crc;
}
