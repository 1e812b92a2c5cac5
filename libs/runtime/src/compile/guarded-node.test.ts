import { expect, test } from '@jest/globals';
import { guardedStream, guardedTable } from './guarded-node.ts';

test('a node that fails ends its own work; who called it goes on', () => {
  const failures: string[] = [];
  const onError = (error: unknown, node: string): void => void failures.push(`${node}: ${(error as Error).message}`);
  const fail = (): never => {
    throw new Error('broken');
  };
  expect(() => guardedStream('map', fail, onError)('k', 'v', 1)).not.toThrow();
  expect(() => guardedTable('filter', fail, onError)('k', 'new', 'old', 1)).not.toThrow();
  expect(failures).toEqual(['map: broken', 'filter: broken']);
});

test('what may not be passed over goes up', () => {
  const onError = (error: unknown): void => {
    throw error;
  };
  const fail = (): never => {
    throw new Error('fenced');
  };
  expect(() => guardedStream('map', fail, onError)('k', 'v', 1)).toThrow('fenced');
});
