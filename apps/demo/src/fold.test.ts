import { describe, expect, test } from '@jest/globals';
import { MentionFold, rank } from './fold.ts';
import type { Post } from './post.ts';

const minute = 60_000;
const day = 86_400_000;

function post(text: string, createdAt: number): Post {
  return { id: String(createdAt), user: 'u', text, lang: null, createdAt };
}

function folded(posts: readonly Post[], graceMs?: number): MentionFold {
  const fold = new MentionFold(graceMs === undefined ? {} : { graceMs });
  for (const each of posts) fold.add(each);
  return fold;
}

describe('MentionFold', () => {
  test('counts by window, by day and over all time', () => {
    const fold = folded([post('#a #b #A', 0), post('#a', 10 * minute - 1), post('#a', 10 * minute), post('#b', day)]);
    expect(fold.posts).toBe(4);
    expect(fold.mentions).toBe(6);
    expect(fold.windows.get(0)).toEqual(new Map([['a', 3], ['b', 1]])); // prettier-ignore
    expect(fold.windows.get(10 * minute)).toEqual(new Map([['a', 1]]));
    expect(fold.days.get(0)).toEqual(new Map([['a', 4], ['b', 1]])); // prettier-ignore
    expect(fold.days.get(day)).toEqual(new Map([['b', 1]]));
    expect(fold.all).toEqual(new Map([['a', 4], ['b', 2]])); // prettier-ignore
  });

  test('counts a late mention inside the grace in its own window and drops the one past it', () => {
    const posts = [
      post('#a', 0),
      post('#a', 10 * minute + 59_999),
      post('#late', 1),
      post('#a', 11 * minute),
      post('#gone', 2),
    ];
    const fold = folded(posts, minute);
    expect(fold.windows.get(0)).toEqual(new Map([['a', 1], ['late', 1]])); // prettier-ignore
    expect(fold.days.get(0)?.get('gone')).toBe(1);
    expect(fold.all.get('gone')).toBe(1);
    expect([fold.late, fold.dropped]).toEqual([1, 1]);
  });

  test('ranks by mentions, ties by hashtag, and keeps ten places', () => {
    const tags = 'kjihgfedcba'.split('').map((tag) => `#${tag}`);
    const fold = folded([post([...tags, '#k', '#k', '#c'].join(' '), 5)]);
    expect(fold.top(0).map(({ hashtag, mentions }) => `${hashtag}${mentions}`)).toEqual(
      ['k3', 'c2', 'a1', 'b1', 'd1', 'e1', 'f1', 'g1', 'h1', 'i1'], // prettier-ignore
    );
    expect(fold.top(10 * minute)).toEqual([]);
    expect(rank(new Map([['x', 1]]), 0)).toEqual([]);
  });
});
