/** Every recorded byte below the API of Kafka Streams 4.3.1. */
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { runLowLevel } from './low-level.ts';

test('the bytes of Kafka Streams 4.3.1 below its API', () => {
  const results = runLowLevel(path.join(import.meta.dirname, '../testdata/low-level.json'));
  expect(results.flatMap(({ failed }) => failed)).toEqual([]);
  expect(results.filter(({ unknown }) => unknown > 0).map(({ section }) => section)).toEqual([]);
  expect(results.reduce((sum, { passed }) => sum + passed, 0)).toBeGreaterThanOrEqual(516);
});
