import { expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { crc32c } from './crc32c.ts';

/** The definition, bit by bit. */
function plain(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test('the check value of CRC-32C, and nothing at all', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test('is that of the definition wherever the bytes begin and end in memory', () => {
  const random = seededRandom(7);
  const memory = new Uint8Array(300).map(() => random.int(256));
  for (let from = 0; from < 5; from++) {
    const buffer = memory.subarray(from);
    for (let start = 0; start < 20; start++) {
      for (let length = 0; length < 70; length++) {
        const end = start + length;
        expect(crc32c(buffer, start, end)).toBe(plain(buffer.subarray(start, end)));
      }
    }
  }
});

test('is that of the definition for lengths around those that are folded, and folded in pieces', () => {
  const random = seededRandom(8);
  const memory = new Uint8Array(200_000).map(() => random.int(256));
  const page = 65_536;
  const lengths = [0, 15, 16, 17].flatMap((more) =>
    [3_056, 4_096, page - 16, page, page + 3_056, 2 * page, 190_000].map((n) => n + more),
  );
  for (const [start, length] of lengths.entries()) {
    const end = start + length;
    expect([length, crc32c(memory, start, end)]).toEqual([length, plain(memory.subarray(start, end))]);
  }
});

test('goes on over long bytes of a view that does not begin where its memory does', () => {
  const random = seededRandom(9);
  const view = new Uint8Array(9_000).map(() => random.int(256)).subarray(13, 8_000);
  expect(crc32c(view)).toBe(plain(view));
});
