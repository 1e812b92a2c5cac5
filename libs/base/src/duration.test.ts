import { describe, expect, test } from '@jest/globals';
import { durationMs, signedDurationMs, type Duration } from './duration.ts';

describe('a duration in ms:', () => {
  test.each<[Duration, number]>([
    [0, 0],
    [1_500, 1_500],
    ['250', 250],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['1.001s', 1_001],
    [' 10 m ', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    [{ minutes: 10 }, 600_000],
    [{ weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }, 694_861_001],
    [{ microseconds: 1_500, nanoseconds: 500_000 }, 2],
    [{ years: 0, months: 0, hours: 1 }, 3_600_000],
  ])('%j', (duration, ms) => expect(durationMs(duration)).toBe(ms));

  test('a Temporal.Duration: its units are getters of the prototype', () => {
    class TemporalDuration {
      get years(): number {
        return 0;
      }
      get minutes(): number {
        return 10;
      }
    }
    expect(durationMs(new TemporalDuration())).toBe(600_000);
  });
});

describe('no duration:', () => {
  test.each<[unknown]>([
    [-1],
    [0.5],
    [NaN],
    [Infinity],
    [2 ** 53],
    [''],
    ['10 minutes'],
    ['-10m'],
    ['0.5ms'],
    [null],
    [undefined],
    [{}],
    [{ minutes: -1 }],
    [{ minutes: '1' }],
    [{ months: 1 }],
    [{ years: 1 }],
    [{ nanoseconds: 1 }],
    [{ days: 2 ** 50 }],
    [10n],
  ])('%p', (given) => {
    expect(() => durationMs(given as Duration)).toThrow(expect.objectContaining({ code: 'MR_DURATION_INVALID' }));
  });
});

test('the sides of join windows may be negative', () => {
  expect(['-10s', -10_000, { seconds: -10 }].map(signedDurationMs)).toEqual([-10_000, -10_000, -10_000]);
});
