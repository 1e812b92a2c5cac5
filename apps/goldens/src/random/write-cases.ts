/** npm run goldens:random: writes random cases, a file each, for the recorder to run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { familyNames, randomCase } from './random-case.ts';

export interface RandomOptions {
  readonly out: string;
  /** How many cases of each family. */
  readonly seeds: number;
  readonly firstSeed: number;
  readonly family?: string | undefined;
}

/** How many were written. */
export function writeRandomCases({ out, seeds, firstSeed, family }: RandomOptions): number {
  mkdirSync(out, { recursive: true });
  const families = family === undefined ? familyNames : [family];
  for (const name of families)
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const made = randomCase(name, seed);
      writeFileSync(path.join(out, `${made.name}.json`), `${JSON.stringify(made, null, 1)}\n`);
    }
  return families.length * seeds;
}
