import { describe, expect, test } from '@jest/globals';
import { hashtags } from './hashtags.ts';

const table: readonly [text: string, expected: readonly string[]][] = [
  ['', []],
  ['no tags here', []],
  ['#', []],
  ['# x', []],
  ['#a', ['a']],
  ['#One and #two, #ONE!', ['one', 'two', 'one']],
  ['(#paren) "#quoted" -#dash .#dot @#at', ['paren', 'quoted', 'dash', 'dot', 'at']],
  ['#123', []],
  ['#1a #a1 #2015news', ['1a', 'a1', '2015news']],
  ['#_', ['_']],
  ['#1_ #__2', ['1_', '__2']],
  ['#٣٤', []],
  ['#٣ب', ['٣ب']],
  ['#½', ['1⁄2']],
  ['&#39; &#x27;', []],
  ['& #39a', ['39a']],
  ['a#b 1#b _#b é#b e\u0301#b', []],
  ['##x', ['x']],
  ['###x#y', ['x']],
  ['#a#b #c', ['a', 'c']],
  ['#a-b #c.d', ['a', 'c']],
  ['😀#smile #😀 #a😀b', ['smile', 'a']],
  ['#ＦＵＬＬ #Ａ１', ['full', 'a1']],
  ['＃wide', []],
  ['#cafe\u0301 #café', ['café', 'café']],
  ['#ﬁn', ['fin']],
  ['#日本語、#東京', ['日本語', '東京']],
  ['#हिन्दी', ['हिन्दी']],
  ['#ÄÖÜ #ΣΊΣΥΦΟΣ', ['äöü', 'σίσυφος']],
  ['#\u{1D400}\u{1F600}', ['a']],
  ['line\n#next\t#tab', ['next', 'tab']],
  ['http://t.co/#anchor', ['anchor']],
];

describe('hashtags', () => {
  test.each(table)('finds in %j exactly %j', (text, expected) => {
    expect(hashtags(text)).toEqual(expected);
  });

  test('takes a long run of candidates in linear time', () => {
    expect(hashtags('#1'.repeat(100_000))).toEqual([]);
    expect(hashtags(`#${'9'.repeat(200_000)}`)).toEqual([]);
  });
});
