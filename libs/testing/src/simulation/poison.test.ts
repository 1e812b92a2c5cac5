import { expect, test } from '@jest/globals';
import { poisonAmbient } from './poison.ts';

const uses: readonly [name: string, use: () => unknown][] = [
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date()],
  ['Date()', () => Date()],
  ['performance.now', () => performance.now()],
  ['Math.random', () => Math.random()],
  ['setTimeout', () => clearTimeout(setTimeout(() => undefined, 0))],
  ['setInterval', () => clearInterval(setInterval(() => undefined, 9))],
  ['setImmediate', () => clearImmediate(setImmediate(() => undefined))],
  ['randomUUID', () => crypto.randomUUID()],
  ['getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
];

function throws(use: () => unknown): boolean {
  try {
    use();
    return false;
  } catch {
    return true;
  }
}

test('poisonAmbient makes ambient time and randomness throw until it is mended', () => {
  const mend = poisonAmbient();
  const poisoned = uses.filter(([, use]) => throws(use)).map(([name]) => name);
  const given = new Date(5).toISOString();
  mend();
  expect(poisoned).toEqual(uses.map(([name]) => name));
  expect(given).toBe('1970-01-01T00:00:00.005Z');
  expect(uses.filter(([, use]) => throws(use))).toEqual([]);
});
