import { expect, test } from '@jest/globals';
import { isoDurationMs } from './offset-reset.ts';

test.each([
  ['PT24H', 86_400_000],
  ['P1DT2H3M4.005S', 93_784_005],
  ['pt0s', 0],
  ['P2D', 172_800_000],
  ['P', undefined],
  ['PT', undefined],
  ['P1DT', undefined],
  ['P1M', undefined],
  ['1h', undefined],
])('%s as a duration', (text, ms) => {
  expect(isoDurationMs(text)).toBe(ms);
});
