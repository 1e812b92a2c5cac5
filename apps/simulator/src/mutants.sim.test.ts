import { describe, expect, test } from '@jest/globals';
import { mutants, type MutantName } from './mutant.ts';
import { seedThatCatches } from './seeds.ts';

/** Mutants that nearly every seed with a fault catches: the canaries of `npm test`. `npm run simulate -- --mutant NAME` runs any. */
const canaries: readonly MutantName[] = ['offsetTooShort', 'readUncommitted', 'lostWrites'];

describe('the simulator can fail', () => {
  test.each(canaries)(
    'it catches the mutant %s',
    async (mutant) => {
      expect(Object.keys(mutants)).toContain(mutant);
      const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
      expect(await seedThatCatches(mutant, seeds)).toBeDefined();
    },
    120_000,
  );
});
