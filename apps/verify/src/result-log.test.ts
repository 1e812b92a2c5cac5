import { expect, test } from '@jest/globals';
import type { FetchedBatch } from '@millrace/ports';
import { ExpectedFold } from './expected.ts';
import { ResultLog } from './result-log.ts';

const at = Date.UTC(2015, 1, 17, 10, 14);
const windowStart = Date.UTC(2015, 1, 17, 10, 10);
const expected = (() => {
  const fold = new ExpectedFold();
  fold.add({ text: '#rain', createdAt: at });
  return fold.result();
})();

type Rec = readonly [topic: string, key: Buffer | null, value: Buffer | null];

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

const rain = Buffer.from('rain');
const counted: readonly Rec[] = [
  ['x-hashtag-mentions-10m', Buffer.concat([rain, int64(windowStart)]), int64(1)],
  ['x-hashtag-mentions-day', Buffer.concat([rain, int64(Date.UTC(2015, 1, 17))]), int64(1)],
  ['x-hashtag-mentions-all', rain, int64(1)],
  // Avro: frame (5 bytes), windowStart as one zig-zag byte, one entry "rain" 1, end of the array.
  [
    'x-trending-hashtags',
    int64(windowStart),
    Buffer.from('0000000001' + '00' + '02' + '087261696e' + '02' + '00', 'hex'),
  ],
];

function logOf(records: readonly Rec[]): ResultLog {
  const log = new ResultLog('x-');
  records.forEach(([topic, key, value], i) => {
    const batch: Partial<FetchedBatch> = { topic, partition: 0, offset: () => i, key: () => key, value: () => value };
    log.add(batch as FetchedBatch, 0);
  });
  return log;
}

test('the right records pass', () => {
  const log = logOf(counted);
  expect(log.faults(expected)).toEqual([]);
  expect(log.counted).toBe(1);
  expect(log.differencesFrom(logOf(counted))).toEqual([]);
});

test.each(counted.map(([topic], i) => [topic, i] as const))('a missing record of %s is a fault', (_topic, i) => {
  expect(logOf(counted.toSpliced(i, 1)).faults(expected)).toHaveLength(1);
});

test('a committed count of nobody is a fault', () => {
  const bogus: Rec = ['x-hashtag-mentions-all', Buffer.from('bogus'), int64(7)];
  expect(logOf([...counted, bogus]).faults(expected)).toEqual(['hashtag-mentions-all: #bogus ALL should not be there']);
});

test('a record that is no result is a fault with its place', () => {
  const faults = logOf([...counted, ['x-hashtag-mentions-all', rain, null]]).faults(expected);
  expect(faults).toEqual(['x-hashtag-mentions-all-0 has a record without key or value at offset 4']);
});

test('two readers that saw other records differ, even when both end with the right counts', () => {
  const first = counted[2] as Rec;
  const log = logOf([...counted, first]);
  expect(log.differencesFrom(logOf(counted))).toEqual([expect.stringContaining('x-hashtag-mentions-all-0')]);
});
