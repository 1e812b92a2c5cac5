import { describe, expect, test } from '@jest/globals';
import { InsertionTree } from './insertion-tree.ts';

describe('InsertionTree', () => {
  test('sorts where the comparison stands still', () => {
    const tree = new InsertionTree<number>((a, b) => a - b);
    const given = Array.from({ length: 100 }, (_, i) => (i * 37) % 101);
    for (const item of [...given, 5, 5]) tree.add(item);
    expect(tree.items()).toEqual([...given].sort((a, b) => a - b));
  });

  test('an item stays where its size of that time has put it', () => {
    const size = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    const tree = new InsertionTree<string>((a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0));
    tree.add('a');
    tree.add('b');
    size.set('a', 9);
    expect(tree.items()).toEqual(['b', 'a']);
  });
});
