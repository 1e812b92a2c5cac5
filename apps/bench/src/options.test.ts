import { describe, expect, test } from '@jest/globals';
import { parseOptions, UsageError } from './options.ts';

test('a workload alone runs at least once on the embedded broker with a million bids', () => {
  expect(parseOptions(['W1'])).toMatchObject({
    workload: 'W1',
    exactlyOnce: false,
    records: 1_000_000,
    where: { kind: 'embedded' },
    commitMs: 1_000,
    prefix: 'nx-',
    peer: undefined,
  });
});

test('another number of bids has topics of its own, exactly once commits every 100 ms', () => {
  expect(parseOptions(['W3', '--eos', '--records', '5000', '--real'])).toMatchObject({
    workload: 'W3',
    records: 5_000,
    prefix: 'nx5000-',
    commitMs: 100,
    where: { kind: 'real' },
  });
});

describe('what cannot be meant is refused', () => {
  test.each([
    [[]],
    [['W2']],
    [['W1', 'W3']],
    [['W1', '--records', 'many']],
    [['W1', '--real', '--bootstrap', 'a:1']],
    [['W1', '--fast']],
  ])('%j', (args) => expect(() => parseOptions(args)).toThrow(UsageError));
});
