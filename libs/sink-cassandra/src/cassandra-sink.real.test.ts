/** Against a real Cassandra 5.0.8: CASSANDRA_CONTACT_POINTS, each run in a keyspace of its own. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import type { TableSink, TableSpec } from '@millrace/ports';
import { CutableProxy } from '@millrace/testing';
import { suiteTables, tableSinkSuite, type Row } from '@millrace/testing/conformance';
import cassandra from 'cassandra-driver';
import { createCassandraSink, type CassandraSinkOptions } from './cassandra-sink.ts';

const contactPoint = process.env['CASSANDRA_CONTACT_POINTS'] ?? '127.0.0.1:29042';
const keyspace = `sink_${systemRandom.uuid().replaceAll('-', '').slice(0, 12)}`;
const reader = new cassandra.Client({
  contactPoints: [contactPoint],
  localDataCenter: 'datacenter1',
  encoding: { useBigIntAsLong: true },
});

const options: CassandraSinkOptions = {
  contactPoints: [contactPoint],
  localDataCenter: 'datacenter1',
  keyspace,
  clock: systemClock,
  logger: silentLogger,
};

const opened: TableSink[] = [];

async function open(tables: readonly TableSpec[], more: Partial<CassandraSinkOptions> = {}): Promise<TableSink> {
  const sink = createCassandraSink({ ...options, ...more });
  opened.push(sink);
  await sink.open(tables);
  return sink;
}

async function readPartition(table: TableSpec, partition: Row): Promise<readonly Row[]> {
  const columns = table.columns.map(({ name }) => `"${name}"`).join(', ');
  const where = table.partitionKey.map((name) => `"${name}" = ?`).join(' AND ');
  const query = `SELECT ${columns} FROM "${keyspace}"."${table.name}" WHERE ${where}`;
  const { rows } = await reader.execute(
    query,
    table.partitionKey.map((name) => partition[name]),
    { prepare: true },
  );
  return rows.map((row) =>
    Object.fromEntries(
      row
        .keys()
        .map((name): [string, unknown] => [name, row[name]])
        .filter(([, value]) => value !== null)
        .map(([name, value]) => [name, value instanceof Date ? value.getTime() : value]),
    ),
  ) as Row[];
}

let sink: TableSink;

beforeAll(async () => {
  await reader.connect();
  sink = await open(suiteTables);
}, 60_000);

afterAll(async () => {
  await reader.execute(`DROP KEYSPACE IF EXISTS "${keyspace}"`);
  await Promise.all([reader.shutdown(), ...opened.map((sink) => sink.close())]);
}, 60_000);

tableSinkSuite({ name: 'Cassandra', open: () => Promise.resolve({ sink, readPartition }) });

const [counts, cells] = suiteTables as [TableSpec, TableSpec];
const upsert = (hashtag: string, mentions: bigint, writetime: number) =>
  ({ table: counts, kind: 'upsert', row: { hashtag, interval: 'ALL', mentions }, writetime }) as const;

test('WRITETIME is the one given and stays the same after a replay', async () => {
  const base = 1_700_000_000_000_000;
  const rows = Array.from({ length: 100 }, (_, i) => ({
    ...upsert('writetime', BigInt(i), base + i),
    row: { hashtag: 'writetime', interval: `i${i}`, mentions: BigInt(i) },
  }));
  const writetimes = async (): Promise<unknown[]> => {
    const query = `SELECT interval, WRITETIME(mentions) AS written FROM "${keyspace}".suite_counts WHERE hashtag = 'writetime'`;
    const found = (await reader.execute(query)).rows;
    return found.map((row) => [row['interval'], Number(row['written'])]).sort();
  };
  await sink.write(rows);
  const before = await writetimes();
  expect(before).toEqual(rows.map(({ row, writetime }) => [row.interval, writetime]).sort());
  await sink.write(rows);
  expect(await writetimes()).toEqual(before);
});

test('opening again finds the tables; several sinks may open at once', async () => {
  const table: TableSpec = { ...counts, name: 'opened_together' };
  await Promise.all([open([table]), open([table]), open([table])]);
});

describe('an existing table that is not the configured one is refused with the statement that mends it', () => {
  const bare: TableSpec = {
    name: 'mismatch',
    columns: [
      { name: 'hashtag', type: 'text' },
      { name: 'interval', type: 'text' },
      { name: 'mentions', type: 'int' },
    ],
    partitionKey: ['hashtag'],
    clusteringKey: [{ name: 'interval', order: 'asc' }],
  };
  const refused = (remedy: RegExp) => ({
    code: 'MR_SINK_TABLE_MISMATCH',
    severity: 'user',
    remedy: expect.stringMatching(remedy) as unknown,
  });

  beforeAll(() => open([bare]));

  test('a missing column: ALTER TABLE', async () => {
    const table = { ...bare, columns: [...bare.columns, { name: 'note', type: 'text' } as const] };
    await expect(open([table])).rejects.toMatchObject(refused(/ALTER TABLE .* ADD \("note" text\)/));
  });

  test('another type or key: a new table', async () => {
    const columns = bare.columns.map(({ name, type }) => ({
      name,
      type: name === 'mentions' ? ('bigint' as const) : type,
    }));
    await expect(open([{ ...bare, columns }])).rejects.toMatchObject(refused(/DROP TABLE .*CREATE TABLE/));
    const clusteringKey = [{ name: 'interval', order: 'desc' as const }];
    await expect(open([{ ...bare, clusteringKey }])).rejects.toMatchObject(refused(/CREATE TABLE/));
  });
});

test('where tables may not be created a missing one is refused with its CREATE statement', async () => {
  const table: TableSpec = { ...counts, name: 'never_created' };
  await expect(open([table], { createTables: false })).rejects.toMatchObject({
    code: 'MR_SINK_TABLE_MISSING',
    remedy: expect.stringContaining('CREATE TABLE IF NOT EXISTS') as unknown,
  });
  await expect(open([table], { createTables: false, keyspace: 'no_such_keyspace' })).rejects.toMatchObject({
    remedy: expect.stringContaining('CREATE KEYSPACE') as unknown,
  });
});

test('a row that the table does not take is a fault of the row', async () => {
  const row = { table: cells, kind: 'upsert', row: { at: 1, rank: 'first' }, writetime: 1 } as const;
  await expect(sink.write([row])).rejects.toMatchObject({ code: 'MR_SINK_ROW_REFUSED', severity: 'record' });
  const empty = upsert('', 1n, 1);
  await expect(sink.write([empty])).rejects.toMatchObject({ code: 'MR_SINK_ROW_REFUSED', severity: 'record' });
});

test('an address where no Cassandra is is retriable', async () => {
  const unreachable = { code: 'MR_SINK_UNREACHABLE', severity: 'retriable' };
  await expect(open([], { contactPoints: ['127.0.0.1:1'] })).rejects.toMatchObject(unreachable);
});

const proxy = new CutableProxy(contactPoint);

afterAll(() => proxy.down());

test('a node that goes down makes writes retriable, and they go through when it is back', async () => {
  await proxy.up();
  const through = await open([counts], { contactPoints: [proxy.address] });
  await through.write([upsert('outage', 1n, 1)]);
  proxy.down();
  await expect(through.write([upsert('outage', 2n, 2)])).rejects.toMatchObject({ severity: 'retriable' });
  await proxy.up();
  for (let written = false; !written;) {
    written = await through.write([upsert('outage', 2n, 2)]).then(
      () => true,
      (error: { severity: string }) => {
        expect(error.severity).toBe('retriable');
        return false;
      },
    );
    if (!written) await systemClock.sleep(200);
  }
  expect(await readPartition(counts, { hashtag: 'outage' })).toMatchObject([{ mentions: 2n }]);
}, 60_000);
