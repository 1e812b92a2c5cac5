import { describe, expect, test } from '@jest/globals';
import { parseOptions, UsageError } from './options.ts';

test('a workload alone runs at least once on the embedded broker with a million bids', () => {
  expect(parseOptions(['W1'])).toMatchObject({
    command: 'W1',
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
    command: 'W3',
    records: 5_000,
    prefix: 'nx5000-',
    commitMs: 100,
    where: { kind: 'real' },
  });
});

test('the restart has a million keys unless told otherwise', () => {
  expect(parseOptions(['restart'])).toMatchObject({ command: 'restart', keys: 1_000_000, where: { kind: 'embedded' } });
  expect(parseOptions(['restart', '--keys', '5', '--bootstrap', 'a:1'])).toMatchObject({
    keys: 5,
    where: { kind: 'bootstrap', address: 'a:1' },
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
    [['restart', '--keys', '0']],
  ])('%j', (args) => expect(() => parseOptions(args)).toThrow(UsageError));
});
