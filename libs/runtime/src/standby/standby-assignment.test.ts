import { describe, expect, test } from '@jest/globals';
import { assignStandbys, type StandbyProcess } from './standby-assignment.ts';

const process = (processId: string, stored: Record<string, number> = {}, threads = 1): StandbyProcess => ({
  processId,
  threads,
  stored: new Map(Object.entries(stored)),
});

function assigned(
  replicas: number,
  tasks: Record<string, string>,
  ...processes: StandbyProcess[]
): Record<string, unknown> {
  return Object.fromEntries(assignStandbys({ replicas, tasks: new Map(Object.entries(tasks)), processes }));
}

describe('assignStandbys', () => {
  test('puts copies on other processes than the one that runs the task, and spreads them', () => {
    const tasks = { '0_0': 'a', '0_1': 'b', '0_2': 'c', '0_3': 'a' };
    expect(assigned(1, tasks, process('a'), process('b'), process('c'))).toEqual({
      a: ['0_1', '0_2'],
      b: ['0_0'],
      c: ['0_3'],
    });
  });

  test('leaves a copy where it is, up to the share of its process', () => {
    const tasks = { '0_0': 'a', '0_1': 'a', '0_2': 'a', '0_3': 'a' };
    const kept = { '0_0': 5, '0_1': 5, '0_2': 5, '0_3': 5 };
    expect(assigned(1, tasks, process('a'), process('b', { '0_3': 9 }), process('c', kept))).toEqual({
      a: [],
      b: ['0_3', '0_2'],
      c: ['0_0', '0_1'],
    });
  });

  test('makes as many copies as there are other processes', () => {
    expect(assigned(2, { '0_0': 'a' }, process('a'), process('b'))).toEqual({ a: [], b: ['0_0'] });
    expect(assigned(2, { '0_0': 'a' }, process('a'), process('b'), process('c'))).toEqual({
      a: [],
      b: ['0_0'],
      c: ['0_0'],
    });
    expect(assigned(1, { '0_0': 'a' }, process('a'))).toEqual({ a: [] });
    expect(assigned(0, { '0_0': 'a' }, process('a'), process('b'))).toEqual({ a: [], b: [] });
  });
});
