import { describe, expect, test } from '@jest/globals';
import { BatchBuilder } from './batch-builder.ts';
import { BATCH, readBatchHeader, type BatchHeader } from './batch-header.ts';
import { decodeBatch } from './decode-batch.ts';
import { RecordColumns } from './record-columns.ts';

interface Given {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
}

function encoded(records: readonly Given[]): Buffer {
  const builder = new BatchBuilder({ initialBytes: 1_000 });
  for (const { key, value, timestamp } of records) builder.append(key, value, timestamp);
  return builder.build();
}

function decoded(batch: Buffer, checkCrc = true): readonly Given[] {
  const columns = new RecordColumns();
  decodeBatch(batch, readBatchHeader(batch, 0) as BatchHeader, columns, { checkCrc });
  return Array.from({ length: columns.count }, (_, i) => ({
    key: columns.key(i),
    value: columns.value(i),
    timestamp: columns.timestamp[i] as number,
  }));
}

test('numbers of every length are read, in whatever order they come', () => {
  const edges = [0, 63, 64, 8_191, 8_192, 1_048_575, 1_048_576, 134_217_727, 134_217_728, 2 ** 31, 2 ** 40, 2 ** 52];
  const times = edges.flatMap((edge) => [1_000 + edge, 1_000 - edge]);
  const records = times.map((timestamp, i) => ({
    key: i % 3 === 0 ? null : Buffer.alloc((i * 37) % 200, i),
    value: i % 5 === 0 ? null : Buffer.alloc(i % 7 === 0 ? 20_000 : (i * 91) % 300, i),
    timestamp,
  }));
  expect(decoded(encoded(records))).toEqual(records);
});

describe('a record that is not what it says is refused', () => {
  const first = BATCH.RECORDS;
  const plain = encoded([
    { key: Buffer.from('key'), value: Buffer.from('value'), timestamp: 5 },
    { key: Buffer.from('key'), value: Buffer.from('value'), timestamp: 6 },
  ]);

  test.each([
    ['a length that is too small', first, 2],
    ['a length that is too large', first, -2],
    ['a negative length', first, 1],
    ['a key that is longer than the record', first + 4, 40],
    ['a value that is longer than the record', first + 8, 40],
    ['headers that are not there', first + 14, 2],
  ])('%s', (_what, at, less) => {
    const damaged = Buffer.from(plain);
    damaged[at] = at === first ? (damaged[at] as number) - less : (damaged[at] as number) + less;
    expect(() => decoded(damaged, false)).toThrow(expect.objectContaining({ code: 'MR_PROTOCOL_MALFORMED' }));
  });
});
