/** A small form of `npm run takeover-test`: from the JVM, killed, to Millrace and back, on a real broker. It needs Java and Maven. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const kafka = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
const testWithJvm = has('java') && has('mvn') ? test : test.skip;

/** One batch, of what keeps state in different ways; the rest is in the command. */
const scenarios = ['windowed-count', 'suppress', 'emit-on-close', 'left-join', 'foreign-key-join', 'optimised'];

testWithJvm(
  'applications go from the JVM to Millrace and back, and give what they give without',
  () => {
    const main = path.join(import.meta.dirname, '../dist/main.js');
    const options = ['--kafka', kafka, '--rounds', '1', '--events', '1500', '--seed', '11'];
    const args = ['--enable-source-maps', main, ...options, ...scenarios.flatMap((name) => ['--scenario', name])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 280_000 });
    if (status !== 0) throw new Error(`takeover-test ended with ${status}:\n${stdout}\n${stderr}`);
    expect(stdout).toContain('12 passed, 0 failed');
    expect(stderr).toMatch(/killed, suppress: \d+ records not processed, [1-9]\d* results pending/);
  },
  290_000,
);
