/**
 * The recorded cases under other conditions than the recorder's. What depends on them stands in testdata/depends.json with its reason; a case that
 * differs and is not there is a fault, and so is one that stands there and does not differ.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { levelEngines } from '@millrace/store-level';
import { describe, expect, test } from '@jest/globals';
import { compareCase } from './compare-case.ts';
import { compareContents, compareSequences } from './compare-outcomes.ts';
import { runUnder, type Condition } from './conditions.ts';
import { readCases, type GoldenCase } from './golden-case.ts';
import { withoutSequences } from './masked-sequences.ts';

const data = path.join(import.meta.dirname, '../testdata');
const listed = (file: string): Set<string> => new Set(readFileSync(path.join(data, file), 'utf8').split('\n'));
const notYet = listed('not-yet.txt');
const cases = readCases(path.join(data, 'streams')).filter(
  ({ name, expected, commit }) => expected.error === undefined && commit !== 'manual' && !notYet.has(name),
);
const depends = JSON.parse(readFileSync(path.join(data, 'depends.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;

/** The machine may be busy with other tests. */
const timeoutMs = 300_000;

/** Names of the reasons that were needed. */
const used = new Set<string>();

type Differences = (golden: GoldenCase) => Promise<string[]>;

/** What differs without a reason among those that a condition may have. */
async function unexplained(differences: Differences, reasons: readonly string[] = []): Promise<string[]> {
  const faults: string[] = [];
  for (const golden of cases) {
    const found = await differences(golden);
    const reason = reasons.find((one) => depends[one]?.[golden.name] !== undefined);
    if (found.length > 0 && reason !== undefined) used.add(`${reason}/${golden.name}`);
    else if (found.length > 0) faults.push(`${golden.name}: ${found.join('\n  ')}`);
  }
  return faults;
}

const asRecorded =
  (condition: Condition): Differences =>
  async (recorded) => {
    const { golden, outcome } = withoutSequences(recorded, await runUnder(recorded, condition));
    return compareCase(golden, outcome);
  };

const base: Condition = { shape: 'whole', commitEvery: 1 };

describe('a recorded case ends as recorded', () => {
  test(
    'when rows are read from the engine at each use',
    async () => {
      expect(await unexplained(asRecorded({ ...base, residentBytes: 0 }))).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'on LevelDB',
    async () => {
      const faults = await unexplained(async (golden) => {
        const directory = mkdtempSync(path.join(tmpdir(), 'millrace-goldens-'));
        const disk = () => levelEngines({ directory });
        const found = await asRecorded({ ...base, residentBytes: 0, disk })(golden);
        rmSync(directory, { recursive: true });
        // Stores on disk cannot be walked at once; what they hold is seen in what is made of it.
        return found.filter((fault) => !fault.startsWith('store '));
      });
      expect(faults).toEqual([]);
    },
    timeoutMs,
  );

  test.each([
    ['over clean stops', ['stopped'], ['restart', 'memoryLost', 'rowsAfterRestart']],
    ['over kills and stops', ['killed', 'stopped', 'killed'], ['restart', 'memoryLost', 'rowsAfterRestart']],
    [
      'over kills that cost the disk too',
      ['killedAndDiskLost'],
      ['restart', 'memoryLost', 'diskLost', 'rowsAfterRestart'],
    ],
  ] as const)(
    '%s',
    async (_name, ends, reasons) => {
      expect(await unexplained(asRecorded({ ...base, ends }), reasons)).toEqual([]);
    },
    timeoutMs,
  );
});

describe('without record caches all records are the same', () => {
  const uncached: Condition = { ...base, uncached: true };
  test.each([
    ['with a commit every three inputs', { ...uncached, commitEvery: 3 }],
    ['with one commit at the end', { ...uncached, commitEvery: 0 }],
    ['with a task for each sub-topology', { ...uncached, shape: 'tasks' }],
    ['with such tasks, batches and rare commits', { ...uncached, shape: 'tasks', commitEvery: 3, batchRecords: 4 }],
  ] as const)(
    '%s',
    async (_name, condition) => {
      const differences: Differences = async (golden) =>
        compareSequences(await runUnder(golden, condition), await runUnder(golden, uncached));
      expect(await unexplained(differences, ['interleaving'])).toEqual([]);
    },
    timeoutMs,
  );
});

test(
  'with record caches the last values and the stores are the same',
  async () => {
    const differences: Differences = async (golden) =>
      compareContents(await runUnder(golden, { ...base, commitEvery: 4 }), await runUnder(golden, base));
    expect(await unexplained(differences, ['cache'])).toEqual([]);
  },
  timeoutMs,
);

test('every reason is needed', () => {
  const all = Object.entries(depends).flatMap(([reason, names]) =>
    Object.keys(names).map((name) => `${reason}/${name}`),
  );
  expect(all.filter((one) => !used.has(one))).toEqual([]);
});
