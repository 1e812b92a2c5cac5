import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { rank } from './fold.ts';
import { ranked, trendingHashtags, type Mention } from './topology.ts';

describe('ranked', () => {
  test('equals a full sort after every count, whatever the order of the hashtags', () => {
    const random = seededRandom(3);
    const counts = new Map<string, number>();
    let entries: readonly Mention[] = [];
    for (let i = 0; i < 5_000; i++) {
      const hashtag = `t${Math.floor(random.next() ** 2 * 40)}`;
      const mentions = (counts.get(hashtag) ?? 0) + 1 + random.int(3);
      counts.set(hashtag, mentions);
      entries = ranked(entries, { hashtag, mentions });
      expect(entries).toEqual(rank(counts, 10));
    }
  });

  test('does not change the list it was given', () => {
    const before: readonly Mention[] = Object.freeze([{ hashtag: 'a', mentions: 1 }]);
    expect(ranked(before, { hashtag: 'b', mentions: 2 })).toEqual([{ hashtag: 'b', mentions: 2 }, ...before]);
  });
});

describe('trendingHashtags', () => {
  test('names its repartition topics, stores and result topics', () => {
    const { topology } = trendingHashtags();
    expect(topology.repartitionTopics.map(({ name }) => name)).toEqual([
      'by-hashtag-repartition',
      'by-window-repartition',
    ]);
    expect(topology.stores.map(({ name }) => name)).toEqual([
      'mentions-10m',
      'mentions-day',
      'mentions-all',
      'trending',
    ]);
    const results = topology.nodes.flatMap((node) => (node.kind === 'sink' && !node.internal ? [node.topic] : []));
    expect(results.sort()).toEqual([
      'hashtag-mentions-10m',
      'hashtag-mentions-all',
      'hashtag-mentions-day',
      'trending-hashtags',
    ]);
  });
});
