import { expect, test } from '@jest/globals';
import { BatchBuilder } from './batch-builder.ts';
import { fitDeadLetter, type FittedLetter } from './dead-letter.ts';

const letter = {
  key: Buffer.from('k'.repeat(300)),
  value: Buffer.from('v'.repeat(5_000)),
  headers: [{ key: 'trace', value: Buffer.from('t'.repeat(400)) }],
  reason: {
    exception: 'MR_X',
    message: 'm'.repeat(700),
    stacktrace: 's'.repeat(2_000),
    topic: 'in',
    partition: '2',
    offset: '41',
  },
  prefix: '__streams.errors.',
};

function batchBytes({ key, value, headers }: FittedLetter): number {
  const builder = new BatchBuilder();
  builder.append(key, value, 1_000, headers);
  return builder.sizeBytes;
}

const told = ({ headers }: FittedLetter): Record<string, string> =>
  Object.fromEntries(headers.map(({ key, value }) => [key.replace('__streams.errors.', ''), String(value)]));

test('what fits is left as it is', () => {
  const fitted = fitDeadLetter(letter, 10_000);
  expect([fitted.key, fitted.value]).toEqual([letter.key, letter.value]);
  expect(told(fitted)).toEqual({ ...letter.reason, trace: 't'.repeat(400) });
});

test.each([
  [8_000, 'value: '],
  [3_500, 'value: 0 of 5000 bytes, stacktrace: '],
  [1_900, 'value: 0 of 5000 bytes, stacktrace: 0 of 2000 bytes, headers: 0 of 1'],
  [1_450, 'value: 0 of 5000 bytes, stacktrace: 0 of 2000 bytes, headers: 0 of 1, key: '],
  [1_000, 'value: 0 of 5000 bytes, stacktrace: 0 of 2000 bytes, headers: 0 of 1, key: 0 of 300 bytes, message: '],
])('within %d bytes it says what was cut, and what was wrong stays', (limitBytes, cuts) => {
  const fitted = fitDeadLetter(letter, limitBytes);
  expect(batchBytes(fitted)).toBeLessThanOrEqual(limitBytes);
  // Little is thrown away for nothing.
  expect(batchBytes(fitted)).toBeGreaterThan(limitBytes - 800);
  expect(told(fitted)['cut']).toMatch(new RegExp(`^${cuts}`));
  expect(told(fitted)).toMatchObject({ exception: 'MR_X', topic: 'in', partition: '2', offset: '41' });
});

test('null stays null, and a reason that does not fit is all that is left', () => {
  const fitted = fitDeadLetter({ ...letter, key: null, value: null }, 100);
  expect([fitted.key, fitted.value]).toEqual([null, null]);
  expect(told(fitted)).toMatchObject({ exception: 'MR_X', message: '', stacktrace: '', topic: 'in' });
});
