import { expect, test } from '@jest/globals';
import { parseOptions } from './options.ts';

test('without options: two rounds of all scenarios, and a seed from the clock', () => {
  expect(parseOptions([], () => 7)).toMatchObject({ rounds: 2, legs: 3, events: 3_000, seed: 7, kafka: undefined });
});

test.each([
  [['--legs', '4'], /odd/],
  [['--rounds', '0'], /--rounds 0 is not a whole number from 1/],
  [['--scenario', 'nothing'], /--scenario nothing is not known/],
  [['--what'], /--what/],
])('%j is refused', (args, message) => {
  expect(() => parseOptions(args, () => 7)).toThrow(message);
});
