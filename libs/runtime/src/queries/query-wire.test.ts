import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import type { ReadRow } from '@millrace/state';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, type PartitionRequest } from './query-wire.ts';

const row: ReadRow = { key: Buffer.from([0, 255, 10]), value: Buffer.alloc(0), timestamp: 7, start: -1, end: -1 };

/** The pieces of an answer, cut anew after each `size` bytes. */
async function* cut(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = Buffer.concat(all);
  for (let at = 0; at < whole.length; at += size) yield await Promise.resolve(whole.subarray(at, at + size));
}

async function collected(rows: AsyncIterable<readonly ReadRow[]>): Promise<ReadRow[]> {
  const found: ReadRow[] = [];
  for await (const chunk of rows) found.push(...chunk);
  return found;
}

test.each<PartitionRequest>([
  {
    store: 's',
    partition: 3,
    read: { type: 'key', key: Buffer.from([1, 2, 0]) },
    isolation: 'read_committed',
    stale: true,
    maxLag: 5,
    maxAgeMs: Infinity,
  },
  {
    store: 's',
    partition: 0,
    read: {
      type: 'windows',
      fromKey: Buffer.from('a'),
      toKey: Buffer.from('b'),
      from: 1,
      to: 2 ** 53 - 1,
      reverse: true,
    },
    isolation: 'read_uncommitted',
    stale: false,
    maxLag: Infinity,
    maxAgeMs: 30,
  },
  {
    store: 's',
    partition: 1,
    read: { type: 'versions', key: Buffer.from([7]), from: -(2 ** 53 - 1), to: 5, reverse: true },
    isolation: 'read_committed',
    stale: true,
    maxLag: 0,
    maxAgeMs: Infinity,
  },
])('a request arrives as it was sent', (request) => {
  expect(decodeRequest(encodeRequest(request))).toEqual(request);
});

test.each(['', '[]', 'null', '{}', '{"version":2}', '{"version":1,"store":"s","partition":0.5}'])(
  '%j is no request',
  (text) => {
    expect(() => decodeRequest(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'MR_QUERY_REQUEST' }));
  },
);

test.each([1, 3, 64, 10_000])('an answer arrives however it is cut (%i bytes)', async (size) => {
  const rows = Array.from({ length: 20 }, () => [row, row]);
  const answer = encodeAnswer(async function* () {
    for (const chunk of rows) yield await Promise.resolve(chunk);
  });
  expect(await collected(decodeAnswer(cut(answer, size), 'h:1'))).toEqual(rows.flat());
});

test('an error of a query is itself again behind the rows; another is that of the instance', async () => {
  const failing = (error: unknown) =>
    encodeAnswer(async function* () {
      yield await Promise.resolve([row]);
      throw error;
    });
  const migrated = millraceError('MR_QUERY_STORE_MIGRATED', { store: 's', partition: 1 });
  await expect(collected(decodeAnswer(failing(migrated), 'h:1'))).rejects.toMatchObject({
    code: 'MR_QUERY_STORE_MIGRATED',
    severity: 'retriable',
    message: migrated.message,
  });
  await expect(collected(decodeAnswer(failing(new Error('oh')), 'h:1'))).rejects.toMatchObject({
    code: 'MR_QUERY_REMOTE',
    message: expect.stringContaining('h:1'),
  });
});

test('an answer without its end was cut', async () => {
  const whole = encodeAnswer(async function* () {
    yield await Promise.resolve([row]);
  });
  const first = async function* (): AsyncGenerator<Buffer> {
    for await (const line of whole) return yield line;
  };
  await expect(collected(decodeAnswer(first(), 'h:1'))).rejects.toMatchObject({ code: 'MR_QUERY_CUT' });
});
