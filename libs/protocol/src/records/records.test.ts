import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { MillraceError } from '@millrace/base';
import { inflate, deflate, compressionCodes, type CompressionName } from '../compression/compression.ts';
import { canWriteZstd } from '../compression/zstd.ts';
import { BatchBuilder } from './batch-builder.ts';
import { forEachBatch, readBatchHeader, type BatchHeader } from './batch-header.ts';
import { crc32c } from './crc32c.ts';
import { decodeBatch, readHeaders } from './decode-batch.ts';
import { RecordColumns, type Header } from './record-columns.ts';
import { assignOffsets } from './write-batch-header.ts';

const writable: CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', ...(canWriteZstd ? (['zstd'] as const) : [])];

const bytes = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  { nil: null },
);
const headers = fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: bytes }), { maxLength: 3 });
const record = fc.record({ key: bytes, value: bytes, timestamp: fc.integer({ min: -1, max: 2 ** 48 }), headers });
const batch = fc.array(record, { minLength: 1, maxLength: 50 });

interface Sample {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly Header[];
}

function build(records: readonly Sample[], compression: CompressionName): Buffer {
  const builder = new BatchBuilder({ compression });
  for (const { key, value, timestamp, headers: each } of records) builder.append(key, value, timestamp, each);
  return builder.build();
}

/** Reads everything that bytes may hold; only coded errors may come out. */
function readAll(buffer: Buffer, checkCrc: boolean): void {
  const columns = new RecordColumns();
  try {
    forEachBatch(buffer, (header) => {
      columns.reset();
      decodeBatch(buffer, header, columns, { checkCrc, maxInflatedBytes: 1_000_000 });
      for (let i = 0; i < columns.count; i++) {
        columns.key(i);
        columns.value(i);
        readHeaders(columns, i);
      }
    });
  } catch (error) {
    expect(MillraceError.is(error) ? error.code : error).toMatch(/^MR_PROTOCOL_/);
  }
}

describe.each(writable)('with compression %s', (compression) => {
  test('records come back as they were appended', () => {
    fc.assert(
      fc.property(batch, (records) => {
        const buffer = build(records, compression);
        const columns = new RecordColumns();
        expect(forEachBatch(buffer, (header) => decodeBatch(buffer, header, columns))).toBe(buffer.length);
        const read = records.map((_, i) => ({
          key: columns.key(i),
          value: columns.value(i),
          timestamp: columns.timestamp[i],
          headers: readHeaders(columns, i),
        }));
        expect(columns.count).toBe(records.length);
        expect(read).toEqual(records);
      }),
      { numRuns: 60 },
    );
  });

  test('damaged bytes raise coded errors only', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(batch, damage, fc.nat(), (records, flips, cut) => {
        const buffer = build(records, compression);
        for (const [at, byte] of flips) buffer[17 + (at % (buffer.length - 17))] = byte;
        readAll(buffer, false);
        readAll(buffer, true);
        readAll(buffer.subarray(0, cut % buffer.length), false);
      }),
      { numRuns: 100 },
    );
  });

  test('long repetitive and random input survives, and the limit holds', () => {
    const lines = Buffer.from(
      Array.from({ length: 9000 }, (_, i) => `{"user":${i % 97},"text":"a line of text ${i}"}`).join('\n'),
    );
    const noise = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24));
    for (const input of [lines, noise, Buffer.alloc(300_000), Buffer.alloc(0), Buffer.from([1])]) {
      const packed = Buffer.from(deflate(compression, input));
      expect(inflate(compressionCodes[compression], packed).equals(input)).toBe(true);
      if (compression === 'none' || input.length < 10) continue;
      expect(() => inflate(compressionCodes[compression], packed, input.length - 1)).toThrow(
        expect.objectContaining({ code: 'MR_PROTOCOL_INFLATED_TOO_LARGE' }),
      );
    }
  });
});

test('crc32c gives the check value of the standard', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('a partial last batch is left for the next fetch', () => {
  const one = build([{ key: null, value: Buffer.from('v'), timestamp: 5, headers: [] }], 'none');
  const seen: BatchHeader[] = [];
  const stopped = forEachBatch(Buffer.concat([one, one.subarray(0, one.length - 1)]), (header) => seen.push(header));
  expect(stopped).toBe(one.length);
  expect(seen).toHaveLength(1);
});

test('a damaged batch is refused by its CRC', () => {
  const one = build([{ key: null, value: Buffer.from('value'), timestamp: 5, headers: [] }], 'none');
  one[one.length - 2] = 0;
  const header = readBatchHeader(one, 0) as BatchHeader;
  expect(() => decodeBatch(one, header, new RecordColumns())).toThrow(
    expect.objectContaining({ code: 'MR_PROTOCOL_CRC_MISMATCH' }),
  );
});

test('batches of one buffer append to the same columns', () => {
  const first = build([{ key: null, value: Buffer.from('a'), timestamp: 1, headers: [] }], 'none');
  const second = Buffer.from(first);
  assignOffsets(first, { baseOffset: 100, leaderEpoch: 2 });
  assignOffsets(second, { baseOffset: 107, leaderEpoch: 2, logAppendTimeMs: 77 });
  const log = Buffer.concat([first, second]);
  const columns = new RecordColumns();
  forEachBatch(log, (header) => decodeBatch(log, header, columns));
  expect([columns.offset(0), columns.offset(1)]).toEqual([100, 107]);
  expect([columns.timestamp[0], columns.timestamp[1]]).toEqual([1, 77]);
});

test('building again stamps the same records with another epoch and sequence', () => {
  const builder = new BatchBuilder();
  builder.append(null, Buffer.from('v'), 1);
  builder.build({ producerId: 7, producerEpoch: 0, baseSequence: 0 });
  const again = builder.build({ producerId: 7, producerEpoch: 1, baseSequence: 2 ** 31 - 1 });
  expect(readBatchHeader(again, 0)).toMatchObject({ producerEpoch: 1, baseSequence: 2 ** 31 - 1, count: 1 });
  decodeBatch(again, readBatchHeader(again, 0) as BatchHeader, new RecordColumns());
});
