import { expect, test } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseOptions } from './options.ts';
import { drawPlan } from './plan.ts';
import { report } from './report.ts';
import { parseStoredPlan, readStoredPlan, storedPlans, writeStoredPlan } from './stored-plan.ts';

test('a plan that is written is read as the same, with and without what JSON leaves out', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'plan-')), 'plan.json');
  for (const plan of [7, 8, 9, 10, 11, 12].map(drawPlan)) {
    writeStoredPlan(file, { found: 'nothing yet', plan });
    expect(readStoredPlan(file)).toEqual({ found: 'nothing yet', plan });
  }
});

test('what is no plan of today is refused with what is wrong, never run as another one', () => {
  const { threads: _, ...older } = drawPlan(7);
  expect(parseStoredPlan(JSON.stringify({ found: '', plan: older }))).toMatch(/^lacks threads: /);
  expect(parseStoredPlan(JSON.stringify({ found: '', plan: { ...drawPlan(7), brokers: 3 } }))).toMatch(/^has brokers/);
  expect(parseStoredPlan('{')).toMatch(/^is no JSON/);
  expect(parseStoredPlan('[]')).toMatch(/^has no "found"/);
});

test('every plan that once failed can be read and says what it found', () => {
  const plans = storedPlans();
  expect(plans.length).toBeGreaterThan(0);
  for (const { found } of plans) expect(found.length).toBeGreaterThan(20);
});

test('a failed run tells how to see it again and how to keep its plan; a plan in a file is replayed from there', () => {
  const outcome = {
    plan: drawPlan(7),
    violations: [{ check: 'c', text: 't' }],
    ...{ virtualMs: 1, events: 1, hash: 'h', trace: [], abortedRecords: 0, logged: new Map() },
  };
  const told = report(outcome, undefined);
  expect(told).toContain('replay: npm run simulate -- --seed 7 --trace');
  expect(told).toContain('keep: npm run simulate -- --seed 7 --save apps/simulator/src/testdata/plans/NAME.json');
  expect(report(outcome, 'tornWrites', 'a.json')).toContain(
    'replay: npm run simulate -- --plan a.json --mutant tornWrites --trace',
  );
});

test('options: one seed or one plan, and only one of them is saved', () => {
  expect(parseOptions(['--plan', 'p.json', '--trace'])).toMatchObject({ seeds: [], planFile: 'p.json', trace: true });
  expect(parseOptions(['--seed', '7', '--save', 's.json'])).toMatchObject({ seeds: [7], saveTo: 's.json' });
  expect(parseOptions(['--save', 's.json'])).toMatch(/^--save goes with/);
  expect(parseOptions(['--seed', '7', '--plan', 'p.json'])).toMatch(/not both/);
  expect(parseOptions(['--mutant', 'no-such'])).toMatch(/no mutant/);
});
