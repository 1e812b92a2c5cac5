import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { murmur2, partitionForKey } from './partitioner.ts';

interface Vector {
  readonly hex: string;
  readonly hash: number;
  readonly partition: Readonly<Record<string, number>>;
}

const { murmur2: vectors } = JSON.parse(
  readFileSync(new URL('../testdata/low-level.json', import.meta.url), 'utf8'),
) as { readonly murmur2: readonly Vector[] };

test('keys hash and land as with the Java producer', () => {
  for (const { hex, hash, partition } of vectors) {
    const key = Buffer.from(hex, 'hex');
    expect({ hex, hash: murmur2(key) }).toEqual({ hex, hash });
    for (const [count, expected] of Object.entries(partition)) {
      expect({ hex, count, partition: partitionForKey(key, Number(count)) }).toEqual({
        hex,
        count,
        partition: expected,
      });
    }
  }
});
