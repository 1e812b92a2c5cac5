import { expect, test } from '@jest/globals';
import { Punctuations } from './punctuations.ts';

function planned(...plans: readonly (readonly [name: string, at: number, interval: number])[]) {
  const punctuations = new Punctuations();
  const fired: string[] = [];
  const handles = plans.map(([name, at, interval]) =>
    punctuations.add(at, interval, (time) => void fired.push(`${name}${time}`)),
  );
  return { punctuations, fired, handles };
}

test('missed intervals fire once, and the next one stands where it would have stood', () => {
  const { punctuations, fired } = planned(['a', 0, 10]);
  for (const time of [3, 9, 10, 47, 49, 50]) punctuations.fireDue(time);
  expect(fired).toEqual(['a3', 'a10', 'a47', 'a50']);
  expect(punctuations.due).toBe(60);
});

test('what is due earlier fires first, whatever was planned first', () => {
  const { punctuations, fired } = planned(['a', 0, 10], ['b', 0, 5]);
  punctuations.fireDue(0);
  punctuations.fireDue(10);
  expect(fired).toEqual(['a0', 'b0', 'b10', 'a10']);
});

test('a cancelled punctuation fires no more, also when it cancels itself', () => {
  const { punctuations, fired, handles } = planned(['a', 0, 10], ['b', 1, 10]);
  handles[0]?.cancel();
  const own = punctuations.add(2, 1, () => own.cancel());
  expect(punctuations.fireDue(2)).toBe(true);
  expect(fired).toEqual(['b2']);
  expect(punctuations.due).toBe(11);
});
