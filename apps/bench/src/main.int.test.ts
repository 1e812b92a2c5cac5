/** The bench as it is run: processes of its own for broker and application. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const main = path.join(import.meta.dirname, '../dist/main.js');

function bench(...args: string[]): { code: number | null; line: Record<string, unknown>; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: 100_000,
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { code: status, line: last.startsWith('{') ? JSON.parse(last) : {}, said: stderr };
}

test('100,000 bids through W1 give the digest that Kafka Streams and kafkajs give', () => {
  const { code, line, said } = bench('W1', '--eos', '--records', '100000');
  expect(said).toMatch(/nx100000-bids: 100000 of 100000 records/);
  expect([code, line['digest']]).toEqual([0, '100000:c35978963ed4:c38c82b4ec9d']);
  for (const field of ['cpuPerM', 'wallS', 'peakRssMB', 'recPerS']) expect(line[field]).toBeGreaterThan(0);
}, 120_000);

test('killed with state, it replays the tail of the changelog only and counts every record once', () => {
  const { line } = bench('restart', '--keys', '20000');
  expect(line).toMatchObject({ bench: 'restart', keys: 20_000, fed: 22_000, counted: 22_000 });
  expect(line['restoredRecords']).toBeLessThan(10_000);
}, 120_000);

test('a mistake is told with what there is to choose from', () => {
  const { code, said } = bench('W2');
  expect(code).toBe(2);
  expect(said).toMatch(/name one of W1, W3, restart[^]*npm run bench/);
});
