/** CRC-32C (Castagnoli) over bytes, sixteen at a time. */

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

/** The CRC-32C of `buffer[start, end)` as an unsigned number. */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length): number {
  const t = table;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let crc = -1;
  let i = start;
  for (const stop = end - WIDTH + 1; i < stop; i += WIDTH) {
    const a = crc ^ view.getInt32(i, true);
    const b = view.getInt32(i + 4, true);
    const c = view.getInt32(i + 8, true);
    const d = view.getInt32(i + 12, true);
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
  for (; i < end; i++) crc = (crc >>> 8) ^ (t[(crc ^ (buffer[i] as number)) & 255] as number);
  return ~crc >>> 0;
}
