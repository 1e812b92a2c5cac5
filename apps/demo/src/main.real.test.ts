/** The demo as a user runs it, on a real Kafka: each run counts what it fed, exactly once, and goes on from the state of the one before. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Outcome {
  readonly posts: number;
  readonly mentions: number;
  readonly counted: number;
  readonly dropped: number;
  readonly transactions: number;
}

const main = path.join(import.meta.dirname, '../dist/main.js');
const kafka = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';

function demo(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--kafka', kafka, '--plain', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`the demo ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
}

test('generated posts are counted exactly once, again from restored state with more threads', () => {
  const first = demo('--for', '3s', '--rate', '3000');
  expect(first.mentions).toBeGreaterThan(1_000);
  expect(first.counted).toBe(first.mentions);
  expect(first.transactions).toBeGreaterThan(5);
  const second = demo('--for', '2s', '--rate', '3000', '--threads', '2', '--seed', '2');
  expect(second.counted).toBe(second.mentions);
}, 120_000);

test('a file is counted to its last post, whatever the order of its times; nothing of it is dropped', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'posts-')), 'posts.jsonl');
  const lines = Array.from({ length: 2_000 }, (_, i) => {
    const createdAt = Date.UTC(2015, 1, 17) + ((i * 7_919) % 2_000) * 300_000;
    return JSON.stringify({ id: String(i), user: `u${i % 50}`, text: `#One and #two${i % 5} &#39; #1 a#b`, createdAt });
  });
  writeFileSync(file, lines.join('\n'));
  expect(demo('--input', file)).toMatchObject({ posts: 2_000, mentions: 4_000, counted: 4_000, dropped: 0 });
}, 120_000);
