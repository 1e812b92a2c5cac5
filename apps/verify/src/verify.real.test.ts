/** A small form of `npm run verify`: enough to see exactly once survive kill -9 in every run of the tests. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const cassandra = process.env['CASSANDRA_CONTACT_POINTS'] ?? '127.0.0.1:29042';
const kafka = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';

test('killed workers and connectors lose nothing and count nothing twice', () => {
  const main = path.join(import.meta.dirname, '../dist/main.js');
  const size = ['--workers', '2', '--kills', '3', '--freezes', '1', '--posts', '4000', '--seed', '4'];
  const args = ['--enable-source-maps', main, '--kafka', kafka, '--cassandra', cassandra, ...size];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 150_000 });
  if (status !== 0) throw new Error(`verify ended with ${status}:\n${stderr}`);
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(outcome).toMatchObject({ posts: 4_000, differences: 0, kills: { freezes: 1 } });
  expect(outcome['aborted']).toBeGreaterThan(0);
  expect(outcome['rows']).toBeGreaterThan(1_000);
}, 160_000);
