/** The sink over a session of its own making: what is sent, how much at once, and what happens when it fails. */
import { expect, test } from '@jest/globals';
import { silentLogger, type Clock } from '@millrace/base';
import type { RowWrite, TableSpec } from '@millrace/ports';
import cassandra from 'cassandra-driver';
import { CassandraSink } from './cassandra-sink.ts';
import type { BoundStatement, CqlRow, CqlSession } from './cql-session.ts';
import { createKeyspace, createTable, quoted } from './table-schema.ts';

const table: TableSpec = {
  name: 'hashtags',
  columns: [
    { name: 'hashtag', type: 'text' },
    { name: 'interval', type: 'text' },
    { name: 'mentions', type: 'bigint' },
  ],
  partitionKey: ['hashtag'],
  clusteringKey: [{ name: 'interval', order: 'desc' }],
};

/** Sleeps pass at once and are noted. */
class InstantClock implements Clock {
  readonly slept: number[] = [];
  now = () => 0;
  monotonic = () => 0;
  setTimer = () => ({ cancel: () => undefined });
  async sleep(delayMs: number) {
    this.slept.push(delayMs);
  }
}

class FakeSession implements CqlSession {
  readonly sent: BoundStatement[][] = [];
  inFlight = 0;
  inFlightMost = 0;
  /** Rejects the n-th write with what it gives. */
  fault: (write: number) => Error | undefined = () => undefined;
  #writes = 0;

  connect = async () => undefined;
  close = async () => undefined;

  async execute(statement: string, values: BoundStatement['values']): Promise<readonly CqlRow[]> {
    if (statement.startsWith('SELECT column_name')) return columnRows(String(values[1]));
    if (statement.startsWith('SELECT')) return [{ keyspace_name: 'ks' }];
    await this.batch([{ statement, values }]);
    return [];
  }

  async batch(statements: readonly BoundStatement[]): Promise<void> {
    this.inFlightMost = Math.max(this.inFlightMost, ++this.inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlight--;
    const fault = this.fault(this.#writes++);
    if (fault !== undefined) throw fault;
    this.sent.push([...statements]);
  }
}

function columnRows(name: string): CqlRow[] {
  const row = (column: string, type: string, kind: string, order = 'none'): CqlRow => ({
    column_name: column,
    type,
    kind,
    position: kind === 'regular' ? -1 : 0,
    clustering_order: order,
  });
  if (name === 'millrace_sink') {
    return [
      row('topic', 'text', 'partition_key'),
      row('topic_id', 'text', 'clustering', 'asc'),
      row('base', 'bigint', 'regular'),
      row('partitions', 'int', 'regular'),
    ];
  }
  return [
    row('hashtag', 'text', 'partition_key'),
    row('interval', 'text', 'clustering', 'desc'),
    row('mentions', 'bigint', 'regular'),
  ];
}

async function sinkWith(
  session: FakeSession,
  { clock = new InstantClock(), maxInFlight = 4 } = {},
): Promise<CassandraSink> {
  const settings = { contactPoints: ['a'], localDataCenter: 'dc', keyspace: 'ks', logger: silentLogger };
  const sink = new CassandraSink({ ...settings, clock, maxInFlight }, session);
  await sink.open([table]);
  return sink;
}

const upsert = (hashtag: string, interval: string, writetime: number): RowWrite => ({
  table,
  kind: 'upsert',
  row: { hashtag, interval, mentions: 1n },
  writetime,
});
const overloaded = (): Error =>
  new cassandra.errors.ResponseError(cassandra.types.responseErrorCodes.overloaded, 'busy');

test('each statement carries the timestamp of its own row; rows of a partition go together', async () => {
  const session = new FakeSession();
  const sink = await sinkWith(session);
  await sink.write([
    upsert('a', '1', 5),
    upsert('b', '1', 6),
    { ...upsert('a', '2', 7), kind: 'delete' },
    { ...upsert('b', '2', 8), row: { hashtag: 'b', interval: '2', mentions: null } },
  ]);
  const insert = 'INSERT INTO "ks"."hashtags" ("hashtag", "interval", "mentions") VALUES (?, ?, ?) USING TIMESTAMP ?';
  const remove = 'DELETE FROM "ks"."hashtags" USING TIMESTAMP ? WHERE "hashtag" = ? AND "interval" = ?';
  expect(session.sent).toEqual([
    [
      { statement: insert, values: ['a', '1', 1n, 5n] },
      { statement: remove, values: [7n, 'a', '2'] },
    ],
    [
      { statement: insert, values: ['b', '1', 1n, 6n] },
      { statement: insert, values: ['b', '2', undefined, 8n] },
    ],
  ]);
});

test('no more requests are out than allowed, over all calls', async () => {
  const session = new FakeSession();
  const sink = await sinkWith(session);
  const rows = Array.from({ length: 50 }, (_, i) => upsert(`h${i}`, '1', i));
  await Promise.all([sink.write(rows), sink.write(rows)]);
  expect(session.inFlightMost).toBe(4);
  expect(session.sent).toHaveLength(100);
});

test('an overloaded cluster is asked again with growing pauses, then the write rejects retriable', async () => {
  const session = new FakeSession();
  const clock = new InstantClock();
  const sink = await sinkWith(session, { clock });
  session.fault = (write) => (write < 2 ? overloaded() : undefined);
  await sink.write([upsert('a', '1', 1)]);
  expect([clock.slept, session.sent.length]).toEqual([[100, 200], 1]);
  session.fault = overloaded;
  await expect(sink.write([upsert('a', '1', 1)])).rejects.toMatchObject({
    code: 'MR_SINK_OVERLOADED',
    severity: 'retriable',
  });
});

test('after a failure nothing more is sent, and the graver error is told', async () => {
  const session = new FakeSession();
  const sink = await sinkWith(session, { maxInFlight: 2 });
  session.fault = (write) =>
    write === 0
      ? new cassandra.errors.NoHostAvailableError({} as never)
      : write === 1
        ? new TypeError('Not a valid text')
        : undefined;
  const rows = Array.from({ length: 20 }, (_, i) => upsert(`h${i}`, '1', i));
  await expect(sink.write(rows)).rejects.toMatchObject({ code: 'MR_SINK_ROW_REFUSED' });
  expect(session.sent.length).toBeLessThan(5);
  session.fault = () => undefined;
  session.sent.length = 0;
  await sink.write(rows);
  expect(session.sent).toHaveLength(20);
});

test('names are validated before they are quoted', () => {
  for (const name of ['x"; DROP TABLE y; --', '', '1a', 'a-b', 'ä', 'a'.repeat(49), '_a']) {
    expect(() => quoted('table', name)).toThrow(expect.objectContaining({ code: 'MR_SINK_IDENTIFIER' }));
  }
  expect(quoted('column', 'Order_1')).toBe('"Order_1"');
});

test('the statements that make keyspace and table', () => {
  expect(createKeyspace('ks', "dc'1", 3)).toBe(
    `CREATE KEYSPACE IF NOT EXISTS "ks" WITH replication = {'class': 'NetworkTopologyStrategy', 'dc''1': 3}`,
  );
  expect(createTable('ks', table)).toBe(
    'CREATE TABLE IF NOT EXISTS "ks"."hashtags" ("hashtag" text, "interval" text, "mentions" bigint, ' +
      'PRIMARY KEY (("hashtag"), "interval")) WITH CLUSTERING ORDER BY ("interval" DESC)',
  );
});
