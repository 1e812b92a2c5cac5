import { expect, test } from '@jest/globals';
import type { RowWrite, TableSpec } from '@millrace/ports';
import { suiteTables, tableSinkSuite } from '@millrace/testing/conformance';
import { EmbeddedTable } from './embedded-table.ts';

tableSinkSuite({
  name: 'the embedded table',
  async open() {
    const sink = new EmbeddedTable();
    await sink.open(suiteTables);
    return { sink, readPartition: async (table, partition) => sink.partition(table.name, partition) };
  },
});

const counts = suiteTables[0] as TableSpec;
const write = (kind: RowWrite['kind'], hashtag: string, mentions: bigint, writetime: number): RowWrite => ({
  table: counts,
  kind,
  row: kind === 'delete' ? { hashtag, interval: 'ALL' } : { hashtag, interval: 'ALL', mentions },
  writetime,
});

test('rows are counted as a reader sees them, whatever came in between', async () => {
  const table = new EmbeddedTable();
  await table.open([counts]);
  await table.write([write('upsert', 'a', 1n, 1), write('upsert', 'a', 2n, 2), write('upsert', 'b', 1n, 3)]);
  expect([table.rowCount, table.rows('suite_counts').length]).toEqual([2, 2]);
  await table.write([write('delete', 'a', 0n, 4), write('delete', 'c', 0n, 5), write('upsert', 'c', 1n, 4)]);
  expect(table.rows('suite_counts')).toEqual([{ hashtag: 'b', interval: 'ALL', mentions: 1n }]);
  expect(table.rowCount).toBe(1);
});

test('of two values with one writetime the larger stays, in both orders', async () => {
  for (const values of [
    [1n, 2n],
    [2n, 1n],
  ]) {
    const table = new EmbeddedTable();
    await table.open([counts]);
    for (const value of values) await table.write([write('upsert', 'a', value, 7)]);
    expect(table.partition('suite_counts', { hashtag: 'a' })).toMatchObject([{ mentions: 2n }]);
  }
});

test('opening again keeps what is there', async () => {
  const table = new EmbeddedTable();
  await table.open([counts]);
  await table.write([write('upsert', 'a', 1n, 1)]);
  await table.open([counts]);
  expect(table.rowCount).toBe(1);
});
