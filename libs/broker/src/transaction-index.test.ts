import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TransactionIndex } from './transaction-index.ts';

interface Ended {
  readonly producerId: number;
  readonly first: number;
  readonly last: number;
}

describe('the transactions of a partition', () => {
  test('the oldest open one bounds what is stable', () => {
    const index = new TransactionIndex();
    index.begin(1, 0);
    index.begin(2, 3);
    index.begin(1, 5);
    expect(index.oldestOpenOffset).toBe(0);
    index.end(1, 6, true);
    expect(index.oldestOpenOffset).toBe(3);
    index.end(2, 7, false);
    index.end(2, 8, false);
    expect(index.oldestOpenOffset).toBeUndefined();
    expect(index.aborted(0, 9)).toMatchObject([{ producerId: 2, firstOffset: 3, lastOffset: 7 }]);
  });

  test('aborted ones are found as a scan of all would find them', () => {
    const events = fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 60 });
    fc.assert(
      fc.property(events, fc.nat(70), fc.nat(70), fc.nat(70), (steps, from, size, forgotten) => {
        const index = new TransactionIndex();
        const open = new Map<number, number>();
        const aborted: Ended[] = [];
        steps.forEach(([producerId, action], offset) => {
          const first = open.get(producerId);
          if (action === 0 || first === undefined) {
            index.begin(producerId, offset);
            if (first === undefined) open.set(producerId, offset);
            return;
          }
          index.end(producerId, offset, action === 1);
          open.delete(producerId);
          if (action !== 1) aborted.push({ producerId, first, last: offset });
        });
        const bound = Math.min(forgotten, from);
        index.forgetBefore(bound);
        const until = from + size;
        const expected = aborted
          .filter(({ first, last }) => last >= from && first < until)
          .sort((a, b) => a.first - b.first)
          .map(({ producerId, first }) => [producerId, first]);
        expect(index.aborted(from, until).map(({ producerId, firstOffset }) => [producerId, firstOffset])).toEqual(
          expected,
        );
      }),
    );
  });
});
