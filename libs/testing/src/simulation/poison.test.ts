import { expect, test } from '@jest/globals';
import { poisonAmbient } from './poison.ts';

test('poisonAmbient makes ambient time and randomness throw until it is mended', () => {
  const mend = poisonAmbient();
  const uses = [() => Date.now(), () => Math.random(), () => setTimeout(() => undefined, 0)];
  const threw = uses.map((use) => {
    try {
      use();
      return false;
    } catch {
      return true;
    }
  });
  mend();
  expect(threw).toEqual([true, true, true]);
  expect(Date.now()).toBeGreaterThan(0);
  expect(Math.random()).toBeLessThan(1);
});
