import { expect, test } from '@jest/globals';
import { Digest } from '../digest.ts';
import { generateBids } from './bids.ts';

test('the digest of the documented example is met', () => {
  const digest = new Digest();
  digest.add(
    Buffer.from('0000000000000001', 'hex'),
    Buffer.concat([Buffer.from('0000000003', 'hex'), Buffer.from('abc')]),
  );
  expect(digest.toString()).toBe('1:fefdadbd:81594701');
});

test('100,000 bids are byte for byte those of the Java generator', () => {
  const digest = new Digest();
  for (const { key, value } of generateBids(100_000)) digest.add(key, value);
  expect(digest.toString()).toBe('100000:c345ce037cf3:c364610b50c4');
});
