/** The demo as a user runs it: a process, its last line, its exit code. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MentionFold } from '../fold.ts';
import type { Post } from '../post.ts';
import type { Summary } from '../run-demo.ts';

const main = path.join(import.meta.dirname, '../../dist/main.js');

/** Runs it to its end; throws with what it said when it fails. */
export function demo(...args: string[]): Summary {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--plain', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`the demo ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary;
}

/** Runs it to its end, whatever that is, while this process goes on: what it asks for may be served here. */
export async function demoProcess(...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
  const child = spawn(process.execPath, [main, '--plain', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return { status, said };
}

/** Posts whose event times are in no order, over a week; each has two hashtags and what only looks like some. */
export function shuffledPosts(count: number): Post[] {
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    user: `u${i % 50}`,
    text: `#One and #two${i % 5} &#39; #1 a#b`,
    lang: null,
    createdAt: Date.UTC(2015, 1, 17) + ((i * 7_919) % 2_000) * 300_000,
  }));
}

export function fileOf(posts: readonly Post[]): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'posts-')), 'posts.jsonl');
  writeFileSync(file, posts.map((post) => JSON.stringify(post)).join('\n'));
  return file;
}

/** How many rows the tables must have: a row for each hashtag and interval, and one for each place of a ranking. */
export function expectedRows(posts: readonly Post[]): number {
  const fold = new MentionFold();
  for (const post of posts) fold.add(post);
  let rows = fold.all.size;
  for (const mentions of fold.days.values()) rows += mentions.size;
  for (const [start, mentions] of fold.windows) rows += mentions.size + fold.top(start).length;
  return rows;
}
