import { expect, test } from '@jest/globals';
import { comparable, differences } from './cluster-view.ts';
import { scenarioOf } from './scenarios.ts';

const record = (key: string, value: string | null, timestamp = 1) => ({ key, value, timestamp, headers: '' });

test('of a table the last value of each key counts, deleted rows do not', () => {
  const records = [record('a', '1'), record('b', '1'), record('a', '2', 5), record('b', null)];
  expect(comparable(scenarioOf('windowed-count'), records)).toEqual(['a 2']);
});

test('where every result is determined, order does not count, but times and doubles do', () => {
  const suppress = scenarioOf('suppress');
  const wanted = comparable(suppress, [record('a', '1'), record('b', '2')]);
  expect(differences(wanted, comparable(suppress, [record('b', '2'), record('a', '1')]))).toEqual([]);
  expect(differences(wanted, comparable(suppress, [record('a', '1')]))).toEqual(['missing 1 x b 2 @1']);
  expect(differences(wanted, comparable(suppress, [record('a', '1'), record('b', '2'), record('b', '2')]))).toEqual([
    'too much 1 x b 2 @1',
  ]);
  expect(differences(wanted, comparable(suppress, [record('a', '1', 7), record('b', '2')]))).toHaveLength(2);
});
