import { expect, test } from '@jest/globals';
import { mutants, type MutantName } from './mutant.ts';
import { seedThatCatches } from './seeds.ts';

/** How many seeds may pass before a mutant is caught; most are caught by the first few. */
const rare = 200;
const common = 30;
const bounds = {
  noGeneration: rare,
  unstableOffsets: rare,
  offsetTooFar: common,
  offsetTooShort: common,
  readUncommitted: common,
  restoreUncommitted: common,
  applyBeforeCommit: common,
  unknownTakenAsCommitted: rare,
  tornWrites: common,
  lostWrites: common,
  deafToLoss: rare,
} satisfies Partial<Record<MutantName, number>>;

test.each(Object.entries(bounds) as [MutantName, number][])(
  'the simulator catches the mutant %s within %d seeds',
  async (mutant, bound) => {
    expect(
      await seedThatCatches(
        mutant,
        Array.from({ length: bound }, (_, i) => i + 1),
      ),
    ).toBeDefined();
  },
  600_000,
);

test('no mutant is left out', () => {
  expect(Object.keys(bounds)).toEqual(Object.keys(mutants));
});
