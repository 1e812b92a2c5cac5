import { expect, test } from '@jest/globals';
import { mutants, type MutantName } from './mutant.ts';
import { seedThatCatches } from './seeds.ts';

/** Within how many seeds a mutant must be caught. */
const rare = 200;
const common = 30;
/**
 * The first seed that catches each mutant, which is tried first: all those before it would take minutes. It catches nothing any more once plans are drawn
 * otherwise; then the others are tried, as many as the bound allows, and the test says which one to write here.
 */
const catches = {
  noGeneration: { seed: 8, within: rare },
  unstableOffsets: { seed: 8, within: rare },
  offsetTooFar: { seed: 1, within: common },
  offsetTooShort: { seed: 2, within: common },
  readUncommitted: { seed: 1, within: common },
  restoreUncommitted: { seed: 4, within: common },
  applyBeforeCommit: { seed: 1, within: common },
  unknownTakenAsCommitted: { seed: 4, within: rare },
  tornWrites: { seed: 1, within: common },
  lostWrites: { seed: 2, within: common },
  deafToLoss: { seed: 161, within: rare },
} satisfies Record<MutantName, { readonly seed: number; readonly within: number }>;

test.each(Object.entries(catches) as [MutantName, { seed: number; within: number }][])(
  'the simulator catches the mutant %s',
  async (mutant, { seed, within }) => {
    expect(seed).toBeLessThanOrEqual(within);
    const others = Array.from({ length: within }, (_, i) => i + 1).filter((other) => other !== seed);
    const caughtBy = await seedThatCatches(mutant, [seed, ...others]);
    if (caughtBy !== seed) process.stderr.write(`mutants: ${mutant} is caught by seed ${caughtBy}, not by ${seed}\n`);
    expect(caughtBy).toBeDefined();
  },
  600_000,
);

test('no mutant is left out', () => {
  expect(Object.keys(catches)).toEqual(Object.keys(mutants));
});
