import { expect, test } from '@jest/globals';
import { UsageError, parseOptions } from './options.ts';

const parse = (...args: string[]) => parseOptions(args, () => 1_234_567);

test('defaults, and a seed from the clock', () => {
  expect(parse('--real')).toMatchObject({ workers: 3, connectors: 1, kills: 10, seed: 234_567, input: undefined });
  expect(parse('--help')).toBe('help');
});

test('own servers need no --real', () => {
  expect(parse('--kafka', 'h:1', '--cassandra', 'c:2', '--kills', '0')).toMatchObject({ kafka: 'h:1', kills: 0 });
});

test.each([
  [[]],
  [['--real', '--workers', '0']],
  [['--real', '--kills', 'x']],
  [['--real', '--nope']],
  [['--real', '--guarantee', 'at_most_once']],
])('%p is refused', (args) => {
  expect(() => parse(...args)).toThrow(UsageError);
});
