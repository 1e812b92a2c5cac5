import { expect, test } from '@jest/globals';
import { countOf, rankingOf } from './result-records.ts';

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

test('a windowed key is the hashtag and the start of its window', () => {
  const start = Date.UTC(2015, 1, 17, 10, 10);
  const key = Buffer.concat([Buffer.from('été'), int64(start)]);
  expect(countOf('window', key, int64(7))).toEqual({
    hashtag: 'été',
    interval: '2015-02-17T10:10Z',
    mentions: 7,
  });
  expect(countOf('day', key, int64(7)).interval).toBe('2015-02-17');
  expect(countOf('all', Buffer.from('x'), int64(1))).toEqual({
    hashtag: 'x',
    interval: 'ALL',
    mentions: 1,
  });
});

test('a ranking is read from its Avro bytes', () => {
  // frame (5), windowStart 64 (8001), one block of 2 entries (04): "a" 3, "bc" -> 100; end of array
  const value = Buffer.from('0000000007' + '8001' + '04' + '0261' + '06' + '046263' + 'c801' + '00', 'hex');
  expect(rankingOf(int64(64), value)).toEqual({
    windowStart: 64,
    entries: [
      { hashtag: 'a', mentions: 3 },
      { hashtag: 'bc', mentions: 100 },
    ],
  });
});
