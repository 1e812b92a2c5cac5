import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Whoever checks must not share code with whoever counts: a mistake there would hide here. */
const checking = [
  'expected.ts',
  'compare.ts',
  'check.ts',
  'result-log.ts',
  'result-records.ts',
  'topic-reader.ts',
  'cassandra-rows.ts',
  'run-names.ts',
];
const mayImport = new Set(['@millrace/base', '@millrace/client-kafkajs', '@millrace/ports', 'cassandra-driver']);

test.each(checking)('%s imports nothing of the system under test', (file) => {
  const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
  const targets = [...text.matchAll(/^import (type )?[^;]*?from '([^']+)';/gm)];
  const code = targets.filter(([, isType]) => isType === undefined).map(([, , target = '']) => target);
  const own = code.filter((target) => target.startsWith('./')).map((target) => target.slice(2));
  expect(own.filter((target) => !checking.includes(target))).toEqual([]);
  const foreign = code.filter((target) => !target.startsWith('.') && !target.startsWith('node:'));
  expect(foreign.filter((target) => !mayImport.has(target))).toEqual([]);
});
