import { expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readPosts } from './input-file.ts';
import type { Post } from './post.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'input-'));

async function posts(name: string, content: string | Buffer): Promise<Post[]> {
  const file = path.join(dir, name);
  writeFileSync(file, content);
  const read: Post[] = [];
  for await (const post of readPosts(file)) read.push(post);
  return read;
}

const line = JSON.stringify({ id: '1', user: 'u', text: '#a', createdAt: 5, airline: 'x' });

test.each([
  ['plain.jsonl', `${line}\n\n${line}`],
  ['packed.jsonl.gz', gzipSync(`${line}\n${line}\n`)],
])('%s gives its posts', async (name, content) => {
  expect(await posts(name, content)).toEqual(
    Array(2).fill({ id: '1', user: 'u', text: '#a', lang: null, createdAt: 5 }),
  );
});

test.each([
  ['broken.jsonl', `${line}\n{`, /broken\.jsonl:2: not JSON/],
  ['fields.jsonl', '{"id":1}', /:1: id, user and text/],
  ['time.jsonl', JSON.stringify({ id: '1', user: 'u', text: '', createdAt: -1 }), /createdAt/],
  ['notgzip.jsonl.gz', 'plain', /incorrect header/],
])('%s is refused with its place', async (name, content, message) => {
  await expect(posts(name, content)).rejects.toThrow(message);
});
