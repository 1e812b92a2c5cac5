import { expect, test } from '@jest/globals';
import type { FetchedBatch } from '@millrace/ports';
import { keyedRecords } from './keyed-records.ts';

function batchOf(keys: readonly (string | null)[]): FetchedBatch {
  return {
    topic: 't',
    partition: 1,
    count: keys.length,
    nextOffset: 100,
    leaderEpoch: 4,
    offset: (i) => 10 * i,
    timestamp: (i) => 1_000 + i,
    key: (i) => (keys[i] === null ? null : Buffer.from(keys[i] as string)),
    value: (i) => Buffer.from(`v${i}`),
    headers: (i) => [{ key: `h${i}`, value: null }],
  };
}

test('records with a key stay what they are, where they were', () => {
  const kept = keyedRecords(batchOf([null, 'a', null, '', null]));
  expect(kept).toMatchObject({ topic: 't', partition: 1, count: 2, nextOffset: 100, leaderEpoch: 4 });
  const records = [0, 1].map((i) => ({
    offset: kept.offset(i),
    timestamp: kept.timestamp(i),
    key: String(kept.key(i)),
    value: String(kept.value(i)),
    header: kept.headers(i)[0]?.key,
  }));
  expect(records).toEqual([
    { offset: 10, timestamp: 1_001, key: 'a', value: 'v1', header: 'h1' },
    { offset: 30, timestamp: 1_003, key: '', value: 'v3', header: 'h3' },
  ]);
});

test('a batch without any still leads as far', () => {
  expect(keyedRecords(batchOf([null, null]))).toMatchObject({ count: 0, nextOffset: 100 });
});

test('a batch of records with keys is left alone', () => {
  const batch = batchOf(['a', 'b']);
  expect(keyedRecords(batch)).toBe(batch);
});
