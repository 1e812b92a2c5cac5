import { expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { ReplacementPauses, threadEndOf } from './uncaught-exceptions.ts';

test('answers are read in the words of the JVM library and in ours', () => {
  expect(['REPLACE_THREAD', 'replaceThread', 'SHUTDOWN_CLIENT', 'shutdownApplication'].map(threadEndOf)).toEqual([
    'replace',
    'replace',
    'client',
    'application',
  ]);
  expect([undefined, null, 'stop'].map(threadEndOf)).toEqual([undefined, undefined, undefined]);
});

test('a thread that fails at once waits longer each time, up to a limit; one that has worked does not wait', () => {
  const pauses = new ReplacementPauses();
  const random = { ...seededRandom(1), next: () => 1 };
  const next = (hasCommitted: boolean): number => pauses.next(0, hasCommitted, random);
  expect([true, false, false, false].map(next)).toEqual([0, 100, 200, 400]);
  expect(pauses.next(1, false, random)).toBe(100);
  for (let i = 0; i < 30; i++) next(false);
  expect(next(false)).toBe(30_000);
  expect([true, false].map(next)).toEqual([0, 100]);
});
