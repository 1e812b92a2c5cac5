import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Post } from './post.ts';

/** A line of an input file that is no post, with its place. */
export class InputError extends Error {}

/**
 * Posts of a `.jsonl` or `.jsonl.gz` file, one JSON object a line: `id`, `user`, `text`, `createdAt` (ms since the epoch), `lang` or null.
 * Other fields are ignored, empty lines too. Throws InputError with the line number for anything else.
 */
export async function* readPosts(file: string): AsyncGenerator<Post, void, undefined> {
  if (!existsSync(file)) throw new InputError(`${file} does not exist`);
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const failed = new Promise<never>((_resolve, reject) => {
    for (const stream of [bytes, input])
      stream.once('error', (error: Error) => reject(new InputError(`${file}: ${error.message}`)));
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  for (let number = 1; ; number++) {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) return;
    if (value.trim() !== '') yield postOf(value, `${file}:${number}`);
  }
}

function postOf(line: string, at: string): Post {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new InputError(`${at}: not JSON`);
  }
  const { id, user, text, lang, createdAt } = (parsed ?? {}) as Partial<Record<keyof Post, unknown>>;
  if (typeof id !== 'string' || typeof user !== 'string' || typeof text !== 'string') {
    throw new InputError(`${at}: id, user and text must be strings`);
  }
  if (typeof createdAt !== 'number' || !Number.isSafeInteger(createdAt) || createdAt < 0) {
    throw new InputError(`${at}: createdAt must be a time in ms since the epoch`);
  }
  return { id, user, text, lang: typeof lang === 'string' ? lang : null, createdAt };
}
