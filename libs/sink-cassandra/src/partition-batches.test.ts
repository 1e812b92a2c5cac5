import { expect, test } from '@jest/globals';
import type { CellValue, RowWrite, TableSpec } from '@millrace/ports';
import fc from 'fast-check';
import { collapsed, partitionBatches } from './partition-batches.ts';

const table: TableSpec = {
  name: 't',
  columns: ['p', 'c', 'a', 'b'].map((name) => ({ name, type: 'text' })),
  partitionKey: ['p'],
  clusteringKey: [{ name: 'c', order: 'asc' }],
};

const write = (row: Record<string, CellValue>, writetime: number, kind: RowWrite['kind'] = 'upsert'): RowWrite => ({
  table,
  kind,
  row,
  writetime,
});

test('batches hold one partition and at most so many rows and bytes', () => {
  const rows = Array.from({ length: 10 }, (_, i) => write({ p: `p${i % 2}`, c: `c${i}`, a: 'x' }, i));
  const sizes = (batchRows: number, batchBytes: number): number[] =>
    partitionBatches(rows, { batchRows, batchBytes }).map((batch) => {
      expect(new Set(batch.map(({ row }) => row['p'])).size).toBe(1);
      return batch.length;
    });
  expect(sizes(64, 65_536)).toEqual([5, 5]);
  expect(sizes(2, 65_536).sort()).toEqual([1, 1, 2, 2, 2, 2]);
  expect(sizes(64, 60).sort()).toEqual([1, 1, 2, 2, 2, 2]);
  expect(sizes(64, 1)).toHaveLength(10);
});

test('keys that look alike when joined are different rows', () => {
  const rows = [write({ p: 'a|1:b', c: 'c' }, 1), write({ p: 'a', c: 'b|1:c' }, 1), write({ p: 'null', c: 'c' }, 1)];
  expect(collapsed(rows)).toHaveLength(3);
});

/** What a table shows after the writes: per column the greatest writetime above the newest delete. */
function outcome(writes: readonly RowWrite[]): unknown {
  const rows = new Map<string, { deleted: number; cells: Map<string, [number, CellValue]>; marker: number }>();
  for (const { row, writetime, kind } of writes) {
    const key = `${String(row['p'])}/${String(row['c'])}`;
    const state = rows.get(key) ?? { deleted: -1, cells: new Map(), marker: -1 };
    rows.set(key, state);
    if (kind === 'delete') state.deleted = Math.max(state.deleted, writetime);
    else state.marker = Math.max(state.marker, writetime);
    if (kind === 'delete') continue;
    for (const name of ['a', 'b']) {
      const value = row[name];
      const [before = -1] = state.cells.get(name) ?? [];
      if (value !== undefined && value !== null && writetime > before) state.cells.set(name, [writetime, value]);
    }
  }
  return [...rows]
    .filter(([, { deleted, marker }]) => marker > deleted)
    .map(([key, { deleted, cells }]) => [key, [...cells].filter(([, [at]]) => at > deleted).sort()])
    .sort();
}

test('what is left after collapsing has the same outcome as all of it', () => {
  const someRow = fc.record({
    p: fc.constantFrom('x', 'y'),
    c: fc.constantFrom('1', '2'),
    a: fc.option(fc.string({ maxLength: 2 })),
    b: fc.option(fc.string({ maxLength: 2 })),
  });
  const history = fc.array(fc.tuple(someRow, fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), (some, shuffle) => {
      const writes = some
        .map(([row, isDelete], i) => write(row, i, isDelete ? 'delete' : 'upsert'))
        .map((one) => [shuffle.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      expect(outcome(collapsed(writes))).toEqual(outcome(writes));
    }),
  );
});
