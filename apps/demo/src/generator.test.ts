import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { MentionFold } from './fold.ts';
import { generatePosts, type GeneratorOptions } from './generator.ts';
import { hashtags } from './hashtags.ts';

const minute = 60_000;

function posts(options: Partial<GeneratorOptions> = {}) {
  const base = { random: seededRandom(7), startMs: 1_424_131_200_000, durationMs: 30 * minute, postsPerSecond: 20 };
  return [...generatePosts({ ...base, ...options })];
}

describe('generatePosts', () => {
  test('gives the same posts for the same seed and others for another', () => {
    expect(posts()).toEqual(posts());
    expect(posts({ random: seededRandom(8) })).not.toEqual(posts());
  });

  test('spans the event time at the rate', () => {
    const all = posts({ lateShare: 0, tooLateShare: 0 });
    expect(all).toHaveLength(36_000);
    expect(all.at(-1)!.createdAt - all[0]!.createdAt).toBe(30 * minute - 50);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  test('sends about 1 % late inside the grace and about 0.1 % past it', () => {
    const fold = { behind: 0, tooLate: 0 };
    posts().forEach((post, i) => {
      const late = 1_424_131_200_000 + i * 50 - post.createdAt;
      if (late > 11 * minute) fold.tooLate++;
      else if (late > 0) fold.behind++;
      expect(late <= minute || late > 11 * minute).toBe(true);
    });
    expect(fold.behind / 36_000).toBeCloseTo(0.01, 2);
    expect(fold.tooLate).toBeGreaterThan(15);
    expect(fold.tooLate).toBeLessThan(70);
  });

  test('brings mentions that the grace rule drops', () => {
    const fold = new MentionFold({ graceMs: minute });
    for (const post of posts()) fold.add(post);
    expect(fold.dropped).toBeGreaterThan(0);
    expect(fold.late).toBeGreaterThan(0);
  });

  test('lets a trend rise and fall', () => {
    const perMinute = new Array<number>(5).fill(0);
    for (const post of posts({ durationMs: 5 * minute, lateShare: 0, tooLateShare: 0 })) {
      const index = Math.floor((post.createdAt - 1_424_131_200_000) / minute);
      perMinute[index]! += hashtags(post.text).filter((tag) => tag === 'stormwatch').length;
    }
    expect(perMinute[2]).toBeGreaterThan(2 * perMinute[0]!);
    expect(perMinute[2]).toBeGreaterThan(2 * perMinute[4]!);
  });

  test('spreads hashtags by Zipf: the first has far more than the tenth', () => {
    const fold = new MentionFold();
    for (const post of posts()) fold.add(post);
    expect(fold.all.get('storm')!).toBeGreaterThan(5 * fold.all.get('garden')!);
  });
});
