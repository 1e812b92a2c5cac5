import { describe, expect, test } from '@jest/globals';
import { compareCountLog, compareCounts, compareRankings, type CountSeen } from './compare.ts';
import { ExpectedFold, scanHashtags, separator } from './expected.ts';

const at = Date.UTC(2015, 1, 17, 10, 14);

function fold(): ExpectedFold {
  const expected = new ExpectedFold();
  expected.add({ text: '#Rain and #rain, &#39; a#b #123 #1a', createdAt: at });
  expected.add({ text: '#sun', createdAt: at + 600_000 });
  return expected;
}

const good: CountSeen[] = [
  { hashtag: 'rain', interval: 'ALL', mentions: 1 },
  { hashtag: 'rain', interval: 'ALL', mentions: 2 },
  { hashtag: '1a', interval: 'ALL', mentions: 1 },
  { hashtag: 'sun', interval: 'ALL', mentions: 1 },
];

test('hashtags follow the definition', () => {
  expect(scanHashtags('#Rain and #rain, &#39; a#b #123 #1a ##x #Ｆｕｌｌ')).toEqual([
    'rain',
    'rain',
    '1a',
    'x',
    'full',
  ]);
});

test('a right log passes', () => {
  expect(compareCountLog('all', good, fold().result(), ['all'])).toEqual([]);
});

describe('a doctored log is refused:', () => {
  test.each<[string, CountSeen[], RegExp]>([
    ['a lost tail', good.filter(({ mentions }) => mentions !== 2), /#rain ALL is 1, expected 2/],
    ['a lost key', good.slice(0, 3), /#sun ALL is missing/],
    ['a count too many', [...good, { hashtag: 'sun', interval: 'ALL', mentions: 2 }], /#sun ALL is 2, expected 1/],
    ['a record shown twice', [...good, good[3] as CountSeen], /#sun ALL went from 1 to 1/],
    ['a stale value', [...good, { hashtag: 'rain', interval: 'ALL', mentions: 1 }], /went from 2 to 1/],
    ['swapped records', [good[1], good[0], good[2], good[3]] as CountSeen[], /went from 2 to 1/],
    ['nothing at all', [], /#rain ALL is missing/],
    [
      'a count of another span',
      [...good, { hashtag: 'sun', interval: '2015-02-17', mentions: 1 }],
      /#sun 2015-02-17 should not/,
    ],
    ['a key of nobody', [...good, { hashtag: 'snow', interval: 'ALL', mentions: 1 }], /#snow ALL should not be there/],
  ])('%s', (_name, log, fault) => {
    expect(compareCountLog('all', log, fold().result(), ['all']).join('\n')).toMatch(fault);
  });
});

const spans = ['all', 'day', 'window'] as const;

test('rows are compared over all spans', () => {
  const expected = fold().result();
  const rows = new Map(expected.counts);
  expect(compareCounts('rows', rows, expected, spans)).toEqual([]);
  rows.delete(`sun${separator}2015-02-17T10:20Z`);
  expect(compareCounts('rows', rows, expected, spans)).toEqual(['rows: #sun 2015-02-17T10:20Z is missing, expected 1']);
});

test('a ranking with swapped places or a missing window is refused', () => {
  const expected = fold().result();
  const rankings = new Map(
    [...expected.trending].map(([windowStart, entries]) => [windowStart, { windowStart, entries }]),
  );
  expect(compareRankings('trending', rankings, expected)).toEqual([]);
  const [start] = [...rankings.keys()] as [number];
  rankings.set(start, { windowStart: start, entries: [...(rankings.get(start)?.entries ?? [])].reverse() });
  expect(compareRankings('trending', rankings, expected)).toHaveLength(1);
  rankings.delete(start);
  expect(compareRankings('trending', rankings, expected)).toHaveLength(1);
});
