/**
 * Every recorded case against Kafka Streams 4.3.1. Those that do not pass yet stand in testdata/not-yet.txt: a case that fails and is not
 * there is a fault, and so is one that passes and still stands there. UPDATE=1 writes the list anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { compareCase } from './compare-case.ts';
import { readCases } from './golden-case.ts';
import { runCase } from './run-case.ts';

const data = path.join(import.meta.dirname, '../testdata');
const listFile = path.join(data, 'not-yet.txt');

test('cases that were recorded from Kafka Streams 4.3.1', async () => {
  const failing: string[] = [];
  const faults: string[] = [];
  const known = new Set(readFileSync(listFile, 'utf8').split('\n'));
  // Those of store suppliers were recorded with the project's own recorder (npm run goldens:record).
  const cases = ['streams', 'suppliers'].flatMap((folder) => readCases(path.join(data, folder)));
  for (const golden of cases) {
    const differences = compareCase(golden, await runCase(golden));
    if (differences.length === 0) continue;
    failing.push(golden.name);
    if (!known.has(golden.name)) faults.push(`${golden.name}: ${differences.join('\n  ')}`);
  }
  if (process.env['UPDATE'] === '1') writeFileSync(listFile, `${failing.join('\n')}\n`);
  else {
    expect(faults).toEqual([]);
    expect([...known].filter((name) => name !== '')).toEqual(failing);
  }
  process.stderr.write(`goldens: ${cases.length - failing.length} of ${cases.length} cases pass\n`);
}, 120_000);
