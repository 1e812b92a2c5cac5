/** What is fed: the posts of a file, or generated ones. */
import { generatePosts, readPosts, type Post } from '@millrace/app-demo';
import { seededRandom } from '@millrace/base';
import type { VerifyOptions } from './options.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1, 22);

/** Generated posts span four hours over midnight, so that windows and days are many; a post in a hundred comes late. */
export async function postsFor({ input, posts, seed }: VerifyOptions): Promise<readonly Post[]> {
  if (input !== undefined) return all(readPosts(input));
  const durationMs = 4 * hourMs;
  const random = seededRandom(seed);
  const generated = [...generatePosts({ random, startMs, durationMs, postsPerSecond: (posts * 1_000) / durationMs })];
  // Rounding may bring one more.
  return generated.slice(0, posts);
}

/** A grace as wide as the posts: nothing may be dropped, in whatever order the tasks come to them. */
export function graceFor(posts: readonly Post[]): number {
  let [first, last] = [Infinity, 0];
  for (const { createdAt } of posts) {
    first = Math.min(first, createdAt);
    last = Math.max(last, createdAt);
  }
  return Math.max(0, last - first) + hourMs;
}

async function all(posts: AsyncIterable<Post>): Promise<readonly Post[]> {
  const read: Post[] = [];
  for await (const post of posts) read.push(post);
  return read;
}
