/** npm start as it is without options: broker, registry and tables in the process. */
import { expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { demo, demoProcess, expectedRows, fileOf, shuffledPosts } from './testdata/demo-process.ts';

test('generated posts are counted exactly once, late ones inside the grace, those past it dropped', () => {
  const { posts, mentions, counted, late, dropped, transactions, rows } = demo('--for', '3s', '--rate', '3000');
  expect(posts).toBeGreaterThan(1_000);
  expect(counted).toBe(mentions);
  expect([late > 0, dropped > 0, transactions > 5, rows > 500]).toEqual([true, true, true, true]);
}, 120_000);

test('a file is counted to its last post and every row is in the tables, with one thread and with two', () => {
  const posts = shuffledPosts(2_000);
  const wanted = { posts: 2_000, mentions: 4_000, counted: 4_000, dropped: 0, rows: expectedRows(posts) };
  expect(demo('--input', fileOf(posts))).toMatchObject(wanted);
  expect(demo('--input', fileOf(posts), '--threads', '2', '--guarantee', 'at_least_once')).toMatchObject({
    ...wanted,
    transactions: 0,
  });
}, 120_000);

test('an address of something else than Kafka ends it at once with code, address and remedy', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end('<html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { status, said } = await demoProcess('--kafka', address);
  server.close();
  expect(status).toBe(1);
  expect(said).toContain(`error MR_CLIENT_NOT_KAFKA: ${address} is not a Kafka broker: it answered 'HTTP/1.1 400`);
  expect(said).toMatch(/remedy: .*bootstrap\.servers/);
}, 60_000);

test('a line that is no post ends it with its place', () => {
  const file = fileOf([...shuffledPosts(3), { text: 'no id' } as never]);
  expect(() => demo('--input', file)).toThrow(/ended with 2: [^]*posts\.jsonl:4: id, user and text must be strings/);
}, 60_000);
