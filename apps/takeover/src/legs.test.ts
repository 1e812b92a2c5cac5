import { expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { legsOf } from './legs.ts';

test('the JVM begins and ends; cut points are in order; the last leg is stopped when all is fed', () => {
  for (let seed = 0; seed < 50; seed++) {
    const legs = legsOf(5, seed, seededRandom(seed));
    expect(legs.map(({ engine }) => engine)).toEqual(['jvm', 'millrace', 'jvm', 'millrace', 'jvm']);
    const cuts = legs.map(({ until }) => until);
    expect(cuts).toEqual([...cuts].sort((a, b) => a - b));
    expect(legs.at(-1)).toMatchObject({ until: 1, end: 'stop' });
  }
});

test('two rounds in a row end every leg but the last in both ways', () => {
  const ends = [0, 1].map((round) => legsOf(3, round, seededRandom(1)).map(({ end }) => end));
  expect(ends).toEqual([
    ['kill', 'stop', 'stop'],
    ['stop', 'kill', 'stop'],
  ]);
});
