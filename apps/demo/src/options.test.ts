import { expect, test } from '@jest/globals';
import { UsageError, parseOptions } from './options.ts';

test('without options everything is embedded', () => {
  expect(parseOptions([])).toMatchObject({
    where: { kind: 'embedded' },
    forMs: undefined,
    guarantee: 'exactly_once_v2',
  });
});

test("the user's own servers are taken as given", () => {
  expect(parseOptions(['--kafka', 'h:1', '--cassandra', 'c', '--for', '20s'])).toMatchObject({
    where: { kind: 'own', kafka: 'h:1', registry: undefined, cassandra: 'c' },
    forMs: 20_000,
  });
});

test.each([
  [['--for', 'soon'], /--for soon is not a duration/],
  [['--rate', '0'], /--rate 0/],
  [['--real', '--kafka', 'h:1'], /--real brings its own/],
  [['--cassandra', 'c'], /go with --kafka/],
  [['--wat'], /--wat/],
  [['--guarantee', 'maybe'], /exactly_once_v2 or at_least_once/],
])('%j is refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(message);
});
