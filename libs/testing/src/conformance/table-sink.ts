/**
 * What every TableSink must do, as Jest tests: the newest write of a row wins in whatever order writes arrive, so replays, reordering and
 * crashes leave the same rows. An adapter calls the suite from a test of its own.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CellValue, RowWrite, TableSink, TableSpec, TopicGeneration } from '@millrace/ports';

/** A row as it is read back. */
export type Row = Readonly<Record<string, CellValue>>;

/** What a sink's test brings. Each case uses its own partitions, so one sink serves them all. */
export interface TableSinkHarness {
  /** Opened with `suiteTables`. */
  readonly sink: TableSink;
  /** Rows of one partition in clustering order, as a reader sees them; columns without a value are left out. */
  readPartition(table: TableSpec, partition: Row): Promise<readonly Row[]>;
}

const counts: TableSpec = {
  name: 'suite_counts',
  columns: [
    { name: 'hashtag', type: 'text' },
    { name: 'interval', type: 'text' },
    { name: 'mentions', type: 'bigint' },
    { name: 'note', type: 'text' },
  ],
  partitionKey: ['hashtag'],
  clusteringKey: [{ name: 'interval', order: 'desc' }],
};

const cells: TableSpec = {
  name: 'suite_cells',
  columns: [
    { name: 'at', type: 'timestamp' },
    { name: 'rank', type: 'int' },
    { name: 'big', type: 'bigint' },
    { name: 'ratio', type: 'double' },
    { name: 'yes', type: 'boolean' },
    { name: 'raw', type: 'blob' },
    { name: 'Order', type: 'text' },
  ],
  partitionKey: ['at'],
  clusteringKey: [{ name: 'rank', order: 'asc' }],
};

/** The tables that the suite writes to. */
export const suiteTables: readonly TableSpec[] = [counts, cells];

/** Writetimes as a connector makes them: a base in microseconds, and offsets. */
const base = 1_700_000_000_000_000;

function upsert(hashtag: string, mentions: bigint, offset: number, interval = 'ALL'): RowWrite {
  return { table: counts, kind: 'upsert', row: { hashtag, interval, mentions }, writetime: base + offset };
}

function remove(hashtag: string, offset: number, interval = 'ALL'): RowWrite {
  return { table: counts, kind: 'delete', row: { hashtag, interval }, writetime: base + offset };
}

function row(hashtag: string, mentions: bigint, interval = 'ALL'): Row {
  return { hashtag, interval, mentions };
}

async function expectRows({ readPartition }: TableSinkHarness, hashtag: string, rows: readonly Row[]): Promise<void> {
  expect(await readPartition(counts, { hashtag })).toEqual(rows);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

interface SuiteCase {
  readonly name: string;
  run(harness: TableSinkHarness): Promise<void>;
}

const cases: readonly SuiteCase[] = [
  {
    name: 'a replay from the beginning leaves the same rows',
    run: async (harness) => {
      const history = [upsert('replay', 1n, 0), upsert('replay', 2n, 1), remove('replay', 2), upsert('replay', 3n, 3)];
      for (const write of history) await harness.sink.write([write]);
      for (const write of history) await harness.sink.write([write]);
      await expectRows(harness, 'replay', [row('replay', 3n)]);
    },
  },
  {
    name: 'writes that arrive in reverse leave the row of the newest',
    run: async (harness) => {
      const history = Array.from({ length: 20 }, (_, i) => upsert('reverse', BigInt(i), i));
      for (const write of history.reverse()) await harness.sink.write([write]);
      await expectRows(harness, 'reverse', [row('reverse', 19n)]);
    },
  },
  {
    name: 'insert, delete, insert within a millisecond leaves the second insert, in every order of arrival',
    run: async (harness) => {
      for (const [i, order] of permutations([0, 1, 2]).entries()) {
        const tag = `same-ms-${i}`;
        const history = [upsert(tag, 1n, 0), remove(tag, 1), upsert(tag, 2n, 2)];
        for (const at of order) await harness.sink.write(history.slice(at, at + 1));
        await expectRows(harness, tag, [row(tag, 2n)]);
      }
    },
  },
  {
    name: 'a delete as the newest leaves nothing, in every order of arrival',
    run: async (harness) => {
      for (const [i, order] of permutations([0, 1, 2]).entries()) {
        const tag = `gone-${i}`;
        const history = [upsert(tag, 1n, 0), upsert(tag, 2n, 1), remove(tag, 2)];
        for (const at of order) await harness.sink.write(history.slice(at, at + 1));
        await expectRows(harness, tag, []);
      }
    },
  },
  {
    name: 'a delete wins a tie',
    run: async (harness) => {
      for (const [tag, history] of [
        ['tie-1', [upsert('tie-1', 1n, 5), remove('tie-1', 5)]],
        ['tie-2', [remove('tie-2', 5), upsert('tie-2', 1n, 5)]],
      ] as const) {
        for (const write of history) await harness.sink.write([write]);
        await expectRows(harness, tag, []);
      }
    },
  },
  {
    name: 'one call with many writes of a row leaves the newest, whatever their order in the call',
    run: async (harness) => {
      await harness.sink.write([upsert('hot', 3n, 3), remove('hot', 1), upsert('hot', 4n, 4), upsert('hot', 2n, 2)]);
      await expectRows(harness, 'hot', [row('hot', 4n)]);
      await harness.sink.write([remove('cold', 9), upsert('cold', 1n, 8)]);
      await expectRows(harness, 'cold', []);
    },
  },
  {
    name: 'an absent column is left as it is, null too, also within one call',
    run: async (harness) => {
      const both = { ...upsert('partial', 1n, 0), row: { ...row('partial', 1n), note: 'first' } };
      await harness.sink.write([both, upsert('partial', 2n, 1)]);
      await expectRows(harness, 'partial', [{ ...row('partial', 2n), note: 'first' }]);
      await harness.sink.write([{ ...upsert('partial', 3n, 2), row: { ...row('partial', 3n), note: null } }]);
      await expectRows(harness, 'partial', [{ ...row('partial', 3n), note: 'first' }]);
    },
  },
  {
    name: 'a delete between two partial writes takes away what the later one does not set',
    run: async (harness) => {
      const both = { ...upsert('cut', 1n, 0), row: { ...row('cut', 1n), note: 'first' } };
      await harness.sink.write([upsert('cut', 2n, 2), both, remove('cut', 1)]);
      await expectRows(harness, 'cut', [row('cut', 2n)]);
    },
  },
  {
    name: 'rows of a partition come in clustering order, more of them than one batch holds',
    run: async (harness) => {
      const intervals = Array.from({ length: 150 }, (_, i) => `2015-02-17T${String(i).padStart(3, '0')}`);
      await harness.sink.write(intervals.map((interval, i) => upsert('wide', BigInt(i), i, interval)));
      const expected = intervals.map((interval, i) => row('wide', BigInt(i), interval)).reverse();
      await expectRows(harness, 'wide', expected);
    },
  },
  {
    name: 'one call writes many partitions and both tables',
    run: async (harness) => {
      const writes = Array.from({ length: 300 }, (_, i) => upsert(`many-${i}`, BigInt(i), i));
      const other: RowWrite = { table: cells, kind: 'upsert', row: { at: 7, rank: 1, Order: 'x' }, writetime: base };
      await harness.sink.write([...writes, other]);
      for (const i of [0, 150, 299]) await expectRows(harness, `many-${i}`, [row(`many-${i}`, BigInt(i))]);
      expect(await harness.readPartition(cells, { at: 7 })).toEqual([other.row]);
    },
  },
  {
    name: 'every type keeps its value exactly',
    run: async (harness) => {
      const values = [
        {
          rank: -2_147_483_648,
          big: 9_223_372_036_854_775_807n,
          ratio: 0.1,
          yes: true,
          Order: 'o\'x "; DROP TABLE y; -- ü 🙂',
        },
        { rank: 2_147_483_647, big: -9_223_372_036_854_775_808n, ratio: -0.5, yes: false, Order: '' },
      ].map((some) => ({ at: 1_424_167_800_000, raw: new Uint8Array([0, 255]), ...some }));
      await harness.sink.write(
        values.map((some, i) => ({ table: cells, kind: 'upsert', row: some, writetime: base + i })),
      );
      const found = await harness.readPartition(cells, { at: 1_424_167_800_000 });
      expect(found.map((one) => ({ ...one, raw: new Uint8Array(one['raw'] as Uint8Array) }))).toEqual(values);
    },
  },
  {
    name: 'a topic generation is decided once; another one of the topic has its own',
    run: async ({ sink }) => {
      const [first, later] = [0, 5].map((more) => ({ base: base + more, partitions: 4 + more })) as [
        TopicGeneration,
        TopicGeneration,
      ];
      expect(await sink.generation('posts', 'id-1', first)).toEqual(first);
      expect(await sink.generation('posts', 'id-1', later)).toEqual(first);
      expect(await sink.generation('posts', 'id-2', later)).toEqual(later);
      expect(await sink.generation('other', 'id-1', later)).toEqual(later);
    },
  },
  {
    name: 'of several that propose a generation at once all get the same one',
    run: async ({ sink }) => {
      const proposed = [1, 2, 3, 4].map((more) => ({ base: base + more, partitions: more }));
      const decided = await Promise.all(proposed.map((one) => sink.generation('raced', 'id', one)));
      expect(proposed).toContainEqual(decided[0]);
      expect(new Set(decided.map((one) => JSON.stringify(one))).size).toBe(1);
    },
  },
  {
    name: 'nothing to write is no error',
    run: async ({ sink }) => sink.write([]),
  },
];

export interface TableSinkSuite {
  readonly name: string;
  /** Called once. */
  open(): Promise<TableSinkHarness>;
}

export function tableSinkSuite({ name, open }: TableSinkSuite): void {
  describe(`${name} as a table sink`, () => {
    let harness: TableSinkHarness;

    beforeAll(async () => {
      harness = await open();
    });

    test.each(cases)('$name', ({ run }) => run(harness));
  });
}
