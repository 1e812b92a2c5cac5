/** The demo on a real Kafka and Cassandra: each run counts what it fed, exactly once, and goes on from the state of the one before. */
import { expect, test } from '@jest/globals';
import { demo, fileOf, shuffledPosts } from './testdata/demo-process.ts';

const kafka = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const cassandra = process.env['CASSANDRA_CONTACT_POINTS'] ?? '127.0.0.1:29042';
const own = ['--kafka', kafka, '--cassandra', cassandra];

test('generated posts are counted exactly once, again from restored state with more threads', () => {
  const first = demo(...own, '--for', '3s', '--rate', '3000');
  expect(first.mentions).toBeGreaterThan(1_000);
  expect(first.counted).toBe(first.mentions);
  expect(first.transactions).toBeGreaterThan(5);
  const second = demo(...own, '--for', '2s', '--rate', '3000', '--threads', '2', '--seed', '2');
  expect(second.counted).toBe(second.mentions);
  expect(second.rows).toBeGreaterThanOrEqual(first.rows);
}, 120_000);

test('a file is counted to its last post, whatever the order of its times; nothing of it is dropped', () => {
  const file = fileOf(shuffledPosts(2_000));
  expect(demo(...own, '--input', file)).toMatchObject({ posts: 2_000, mentions: 4_000, counted: 4_000, dropped: 0 });
}, 120_000);
