import { expect, test } from '@jest/globals';
import { instantFormat } from './instant-format.ts';

const at = Date.UTC(2015, 1, 7, 9, 5, 3, 4);

test.each([
  ['yyyy-MM-dd', '2015-02-07'],
  ["yyyy-MM-dd'T'HH:mm'Z'", '2015-02-07T09:05Z'],
  ["yyyyMMdd'-'HHmmss.SSS", undefined],
  ['yyyy/MM/dd HH:mm:ss.SSS', '2015/02/07 09:05:03.004'],
  ["'ALL'", 'ALL'],
])('%s gives %p', (pattern, text) => {
  expect(instantFormat(pattern)?.(at)).toBe(text);
});

test('times before the epoch, and patterns that are none', () => {
  expect(instantFormat('yyyy-MM-dd HH:mm')?.(-1)).toBe('1969-12-31 23:59');
  for (const pattern of ['YYYY', 'yyyy-Q', "yyyy'T", 'hh']) expect(instantFormat(pattern)).toBeUndefined();
});
