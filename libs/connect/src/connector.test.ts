/** The loop against a Kafka and a table in memory: what is acknowledged before what, and what every fault leaves. */
import { expect, test } from '@jest/globals';
import { millraceError, seededRandom, silentLogger } from '@millrace/base';
import type { SchemaRegistry, TopicPartition } from '@millrace/ports';
import type { Connector, ConnectorOptions } from './connector-options.ts';
import { startConnector } from './connector.ts';
import { parseConnectorConfig } from './parse-config.ts';
import { FakeKafka, type FakeRecord } from './testdata/fake-kafka.ts';
import { FakeTable } from './testdata/fake-table.ts';
import { VirtualClock } from '@millrace/testing/virtual-clock';

const tables = [
  {
    name: 'hashtags',
    columns: { hashtag: 'text', interval: 'text', mentions: 'bigint' },
    partitionKey: ['hashtag'],
    clusteringKey: [{ column: 'interval', order: 'desc' }],
  },
];

function configOf(topic: object = {}) {
  const columns = { hashtag: 'key', interval: { constant: 'ALL' }, mentions: 'value' };
  const one = { topic: 'counts', key: 'string', value: 'long', rows: [{ table: 'hashtags', columns }], ...topic };
  return parseConnectorConfig(JSON.stringify({ tables, topics: [one] }), 'test.json');
}

const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const record = (key: string | null, value: number | Buffer | null): FakeRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: typeof value === 'number' ? long(value) : value,
});
const at = (partition: number): TopicPartition => ({ topic: 'counts', partition });
const unreachable = () => millraceError('MR_SINK_UNREACHABLE', { contactPoints: 'c', problem: 'down' });

class World {
  readonly clock = new VirtualClock();
  readonly kafka = new FakeKafka(this.clock);
  readonly table = new FakeTable(this.kafka.journal);

  constructor(partitions = 1) {
    this.kafka.create('counts', partitions);
  }

  start(more: Partial<ConnectorOptions> = {}): Connector {
    return startConnector({
      config: configOf(),
      groupId: 'g',
      client: this.kafka.client(),
      sink: this.table,
      clock: this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      ...more,
    });
  }

  /** Started and given all partitions. */
  running(more: Partial<ConnectorOptions> = {}): Connector {
    const connector = this.start(more);
    this.member.assign(...(this.kafka.topics.get('counts')?.partitions ?? []).map((_, i) => at(i)));
    return connector;
  }

  get member() {
    return this.kafka.members.at(-1) as (typeof this.kafka.members)[number];
  }

  append(...records: (FakeRecord | undefined)[]): void {
    this.kafka.append('counts', 0, ...records);
  }

  counts(): Record<string, bigint> {
    return Object.fromEntries(this.table.rows('hashtags').map((row) => [row['hashtag'], row['mentions']])) as never;
  }

  committed(partition = 0): number | undefined {
    return this.kafka.committed.get(`counts/${partition}`)?.offset;
  }

  close(connector: Connector): Promise<void> {
    return this.clock.until(connector.close());
  }
}

test('records become rows; offsets are committed behind the acknowledged write, past control records too', async () => {
  const world = new World();
  world.append(record('a', 1), record('b', 1), undefined, record('a', 2), undefined);
  const connector = world.running();
  await world.clock.when(() => world.committed() === 5);
  expect(world.counts()).toEqual({ a: 2n, b: 1n });
  const [wrote, commit] = ['wrote 3', 'commit counts-0@5'].map((line) => world.kafka.journal.indexOf(line));
  expect(wrote).toBeGreaterThanOrEqual(0);
  expect(commit).toBeGreaterThan(wrote as number);
  expect(await connector.caughtUp()).toBe(true);
  expect(connector.metrics()).toMatchObject({
    records: { counts: 3 },
    rows: { hashtags: 3 },
    rowsInFlight: 0,
    retries: 0,
  });
  expect(connector.rowsWritten).toBe(3);
  await world.close(connector);
});

test('while a write is on its way nothing is committed, and what comes in gathers into the next one', async () => {
  const world = new World();
  let open: () => void = () => undefined;
  world.table.gate = new Promise<void>((resolve) => (open = resolve));
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.table.writes.length === 1);
  for (let i = 2; i < 10; i++) world.append(record('a', i));
  await world.clock.pass(10_000);
  expect([world.committed(), world.table.writes.length]).toEqual([undefined, 1]);
  expect(await connector.caughtUp()).toBe(false);
  world.table.gate = undefined;
  open();
  await world.clock.when(() => world.committed() === 9);
  expect(world.table.writes.map((rows) => rows.length)).toEqual([1, 8]);
  await world.close(connector);
});

test('a table that is down is waited for in the group: nothing is lost, and it says why it is not ready', async () => {
  const world = new World();
  world.table.fault = unreachable;
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.pass(600_000);
  world.append(record('a', 2));
  await world.clock.pass(600_000);
  expect(world.committed()).toBeUndefined();
  expect(connector.health()).toMatchObject({ ok: false, reason: expect.stringContaining('No Cassandra node') });
  expect(connector.metrics().retries).toBeGreaterThan(10);
  // Waits grow: twenty minutes hold far fewer than one attempt every second.
  expect(connector.metrics().retries).toBeLessThan(200);
  world.table.fault = () => undefined;
  await world.clock.when(() => world.committed() === 2);
  expect(world.counts()).toEqual({ a: 2n });
  expect(connector.health()).toEqual({ ok: true });
  await world.close(connector);
});

test('a table or a Kafka that is down at start is waited for too', async () => {
  const world = new World();
  world.table.openFault = unreachable();
  world.kafka.faults.push({ call: 'connect', error: millraceError('MR_CLIENT_UNREACHABLE', { tried: 'x' }) });
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.pass(60_000);
  expect([world.member.joined, connector.health().ok]).toEqual([false, false]);
  world.table.openFault = undefined;
  await world.clock.when(() => world.committed() === 1);
  await world.close(connector);
});

test('closing while the table is down ends in time, commits nothing more and leaves the group', async () => {
  const world = new World();
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  world.table.fault = unreachable;
  world.append(record('a', 2));
  await world.clock.when(() => connector.metrics().retries > 0);
  const began = world.clock.now();
  await world.clock.until(connector.close(5_000));
  expect(world.clock.now() - began).toBeLessThanOrEqual(7_000);
  expect([world.committed(), world.kafka.journal.at(-1), world.table.isClosed]).toEqual([1, 'leave', true]);
});

test('closing writes and commits what was fetched', async () => {
  const world = new World();
  let open: () => void = () => undefined;
  world.table.gate = new Promise<void>((resolve) => (open = resolve));
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.table.writes.length === 1);
  world.append(record('a', 2));
  await world.clock.pass(1_000);
  const closed = connector.close();
  await world.clock.pass(3_000);
  world.table.gate = undefined;
  open();
  await world.clock.until(closed);
  expect([world.committed(), world.counts()]).toEqual([2, { a: 2n }]);
  expect(world.kafka.journal.slice(-2)).toEqual(['commit counts-0@2', 'leave']);
});

test('a replay from the beginning writes the same rows with the same writetimes', async () => {
  const world = new World();
  world.append(record('a', 1), record('b', 5), record('a', null), record('a', 2), record('b', null));
  const first = world.running();
  await world.clock.when(() => world.committed() === 5);
  await world.close(first);
  const before = [world.counts(), writetimes(world)];
  world.kafka.committed.clear();
  world.table.writes.length = 0;
  await world.clock.pass(86_400_000 / 48);
  const second = world.running();
  await world.clock.when(() => world.committed() === 5);
  expect([world.counts(), writetimes(world)]).toEqual(before);
  expect(world.counts()).toEqual({ a: 2n });
  await world.close(second);
});

function writetimes(world: World): number[] {
  return world.table.writes.flat().map(({ writetime }) => writetime);
}

test('writetimes grow with the offset, from a base behind the clock', async () => {
  const world = new World();
  world.append(record('a', 1), undefined, record('a', 2), record('b', 3));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 4);
  const base = (writetimes(world)[0] ?? 0) - 0;
  expect(writetimes(world)).toEqual([base, base + 2, base + 3]);
  expect(base + 4).toBeLessThanOrEqual(world.clock.now() * 1_000);
  await world.close(connector);
});

test('revoked partitions: what is on its way is finished and committed, what waits is left to the next owner', async () => {
  const world = new World(2);
  let open: () => void = () => undefined;
  world.table.gate = new Promise<void>((resolve) => (open = resolve));
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.table.writes.length === 1);
  world.append(record('a', 2));
  await world.clock.pass(1_000);
  world.member.assign(at(1));
  await world.clock.pass(100);
  expect(world.kafka.journal).not.toContain('wrote 1');
  world.table.gate = undefined;
  open();
  await world.clock.when(() => world.committed() === 1);
  await world.clock.pass(10_000);
  const journal = world.kafka.journal.slice(1).filter((line) => !line.includes('counts-1'));
  expect(journal).toEqual(['wrote 1', 'commit counts-0@1', 'released']);
  expect(world.table.writes).toHaveLength(1);
  world.member.assign(at(0), at(1));
  await world.clock.when(() => world.committed() === 2);
  expect(world.counts()).toEqual({ a: 2n });
  await world.close(connector);
});

test('a rebalance does not wait for a table that hangs, and commits nothing of what it did not acknowledge', async () => {
  const world = new World();
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  world.table.gate = new Promise(() => undefined);
  world.append(record('a', 2));
  await world.clock.when(() => world.table.writes.length === 2);
  const began = world.clock.now();
  world.member.assign();
  await world.clock.when(() => world.kafka.journal.filter((line) => line === 'released').length === 2);
  expect(world.clock.now() - began).toBeLessThan(10_000);
  expect(world.committed()).toBe(1);
  await world.clock.until(connector.close(1_000));
  expect(world.committed()).toBe(1);
});

test('a member that was thrown out drops its partitions without a commit and begins again when it has them back', async () => {
  const world = new World();
  world.table.fault = unreachable;
  world.append(record('a', 1), record('b', 1));
  const connector = world.running();
  await world.clock.when(() => world.table.writes.length > 1);
  world.member.lose();
  await world.clock.pass(1_000);
  expect(connector.health().ok).toBe(false);
  world.table.fault = () => undefined;
  await world.clock.pass(60_000);
  expect(world.committed()).toBeUndefined();
  world.member.isFenced = false;
  world.member.assign(at(0));
  await world.clock.when(() => world.committed() === 2);
  expect(world.counts()).toEqual({ a: 1n, b: 1n });
  await world.close(connector);
});

test('a commit that fails is made again later; a fenced one waits for the group', async () => {
  const world = new World();
  world.kafka.faults.push({ call: 'commit', error: millraceError('MR_CLIENT_UNREACHABLE', { tried: 'x' }) });
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  expect(connector.health()).toEqual({ ok: true });
  await world.close(connector);
});

test('a topic of dead letters that takes little gets the reason and of the record what fits', async () => {
  const world = new World();
  world.kafka.create('counts-dlq');
  const dead = world.kafka.topics.get('counts-dlq') as { maxMessageBytes?: number };
  dead.maxMessageBytes = 3_000;
  world.append(record('x', Buffer.alloc(5_000)));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  // What it takes may be changed at any time.
  dead.maxMessageBytes = 1_200;
  world.append(record('y', Buffer.alloc(5_000)));
  await world.clock.when(() => world.committed() === 2);
  const letters = world.kafka.log('counts-dlq') as readonly FakeRecord[];
  expect(letters.map((one) => textHeaders(one))).toEqual(
    ['0', '1'].map((offset) =>
      expect.objectContaining({
        '__connect.errors.offset': offset,
        '__connect.errors.exception.message': expect.stringContaining(`counts-0@${offset}`),
        '__connect.errors.cut': expect.stringMatching(/^value: \d+ of 5000 bytes/),
      }),
    ),
  );
  expect(letters[0]?.value?.length).toBeGreaterThan(1_500);
  await world.close(connector);
});

test('where not even the reason fits, the connector stops in front of the record and says both', async () => {
  const world = new World();
  world.kafka.create('counts-dlq');
  (world.kafka.topics.get('counts-dlq') as { maxMessageBytes?: number }).maxMessageBytes = 200;
  world.append(record('a', 1), record('x', Buffer.alloc(5_000)));
  const connector = world.running();
  await expect(world.clock.until(connector.failed)).resolves.toMatchObject({
    code: 'MR_SINK_DEAD_LETTER',
    severity: 'user',
    message: expect.stringMatching(/counts-0@1 does not go into counts-dlq: .*too large.*cannot be read/),
    remedy: expect.stringContaining('--entity-name counts-dlq --add-config max.message.bytes'),
  });
  expect(world.committed() ?? 0).toBeLessThanOrEqual(1);
  await world.close(connector);
});

test('a record that cannot be mapped becomes a dead letter with its reason; its offset is committed once that is acknowledged', async () => {
  const world = new World();
  const headers = [{ key: 'trace', value: Buffer.from('t1') }];
  const odd: FakeRecord = { key: Buffer.from('x'), value: Buffer.from('abc'), timestamp: 77, headers };
  world.append(record('a', 1), odd, record(null, 1), record('a', 2));
  world.kafka.faults.push({ call: 'flush', error: millraceError('MR_CLIENT_UNREACHABLE', { tried: 'x' }) });
  const connector = world.running();
  await world.clock.when(() => world.committed() === 4);
  expect(world.counts()).toEqual({ a: 2n });
  const letters = world.kafka.log('counts-dlq') as readonly FakeRecord[];
  expect(letters).toHaveLength(2);
  expect(letters[0]).toMatchObject({ key: odd.key, value: odd.value, timestamp: 77 });
  expect(textHeaders(letters[0])).toMatchObject({
    trace: 't1',
    '__connect.errors.topic': 'counts',
    '__connect.errors.partition': '0',
    '__connect.errors.offset': '1',
    '__connect.errors.connector.name': 'g',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    '__connect.errors.exception.class.name': 'MR_SINK_UNDECODABLE',
    '__connect.errors.exception.message': expect.stringContaining('counts-0@1'),
  });
  expect(textHeaders(letters[1])).toMatchObject({
    '__connect.errors.stage': 'TRANSFORMATION',
    '__connect.errors.exception.message': expect.stringContaining("column 'hashtag'"),
  });
  expect(world.kafka.journal.indexOf('flushed')).toBeLessThan(world.kafka.journal.indexOf('commit counts-0@4'));
  expect(connector.metrics().deadLetters).toEqual({ counts: 2 });
  await world.close(connector);
});

function textHeaders(letter: FakeRecord | undefined): Record<string, string> {
  return Object.fromEntries(
    (letter?.headers ?? []).map(({ key, value }) => [key, Buffer.from(value ?? []).toString()]),
  );
}

test('a row that the table refuses is found and put aside; all others of its chunk are written', async () => {
  const world = new World();
  world.table.fault = (rows) =>
    rows.some(({ row }) => String(row['hashtag']).startsWith('bad'))
      ? millraceError('MR_SINK_ROW_REFUSED', { table: 'hashtags', problem: 'Key is too long' })
      : undefined;
  world.append(...Array.from({ length: 50 }, (_, i) => record(i === 17 || i === 42 ? `bad${i}` : `t${i}`, i)));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 50);
  expect(Object.keys(world.counts()).filter((tag) => tag.startsWith('t'))).toHaveLength(48);
  const offsets = world.kafka.log('counts-dlq').map((letter) => textHeaders(letter)['__connect.errors.offset']);
  expect(offsets.sort()).toEqual(['17', '42']);
  expect(textHeaders(world.kafka.log('counts-dlq')[0])['__connect.errors.stage']).toBe('TASK_PUT');
  await world.close(connector);
});

test('where it is to stop, everything before the record is written and committed, and the error has the position', async () => {
  const world = new World();
  world.append(record('a', 1), record('b', 2), record('c', Buffer.from('abc')), record('d', 4));
  const connector = world.running({ config: configOf({ onError: 'stop' }) });
  const error = await world.clock.until(connector.failed);
  expect(error).toMatchObject({
    code: 'MR_SINK_STOPPED',
    severity: 'user',
    message: expect.stringContaining('counts-0@2'),
    remedy: expect.stringContaining('--topic counts:0 --reset-offsets --to-offset 3'),
  });
  expect([world.committed(), world.counts(), world.kafka.topics.has('counts-dlq')]).toEqual([
    2,
    { a: 1n, b: 2n },
    false,
  ]);
});

test('a table that refuses everything ends the connector with its error', async () => {
  const world = new World();
  world.table.fault = () => millraceError('MR_SINK_REFUSED', { doing: 'writing', problem: 'unconfigured table' });
  world.append(record('a', 1));
  const connector = world.running();
  expect(await world.clock.until(connector.failed)).toMatchObject({ code: 'MR_SINK_REFUSED' });
  expect([world.committed(), connector.health().ok]).toEqual([undefined, false]);
});

const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'long' }] });
const framed = (id: number, n: number): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from([n * 2])]);
const avroConfig = () => {
  const columns = { hashtag: 'key', interval: { constant: 'ALL' }, mentions: 'value.n' };
  return configOf({ value: 'avro', rows: [{ table: 'hashtags', columns }] });
};

test('a registry that is away is waited for; an id that it does not know is a dead letter', async () => {
  const world = new World();
  let isAway = true;
  const registry = {
    schemaById: async (id: number) => {
      if (isAway) throw millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'p' });
      if (id !== 7) throw millraceError('MR_REGISTRY_SCHEMA_UNKNOWN', { id });
      return schema;
    },
  } as unknown as SchemaRegistry;
  world.append(record('a', framed(7, 3)), record('b', framed(8, 3)), record('c', Buffer.from('x')));
  const connector = world.running({ config: avroConfig(), registry });
  await world.clock.pass(300_000);
  expect([world.committed(), world.kafka.topics.has('counts-dlq')]).toEqual([undefined, false]);
  expect(connector.health()).toMatchObject({ ok: false, reason: expect.stringContaining('registry') });
  isAway = false;
  await world.clock.when(() => world.committed() === 3);
  expect(world.counts()).toEqual({ a: 3n });
  const reasons = world.kafka.log('counts-dlq').map((one) => textHeaders(one)['__connect.errors.exception.message']);
  expect(reasons).toEqual([expect.stringContaining('no schema 8'), expect.stringContaining('no Confluent frame')]);
  await world.close(connector);
});

test('Avro without a registry is refused at start', async () => {
  const world = new World();
  const connector = world.running({ config: avroConfig() });
  expect(await world.clock.until(connector.failed)).toMatchObject({ code: 'MR_SERDE_NO_REGISTRY' });
});

test('a partition that waits for its table is paused, and goes on afterwards', async () => {
  const world = new World();
  let open: () => void = () => undefined;
  world.table.gate = new Promise<void>((resolve) => (open = resolve));
  const connector = world.running({ limits: { chunkRecords: 10, queuedRecords: 50 } });
  for (let i = 0; i < 20; i++) {
    world.append(...Array.from({ length: 10 }, (_, j) => record(`t${i * 10 + j}`, 1)));
    await world.clock.pass(500);
  }
  expect(connector.metrics().recordsBuffered).toBeLessThan(100);
  expect(connector.metrics().lags).toEqual([{ topic: 'counts', partition: 0, lag: 200 }]);
  world.table.gate = undefined;
  open();
  await world.clock.when(() => world.committed() === 200);
  expect(Object.keys(world.counts())).toHaveLength(200);
  await world.close(connector);
});

test('a topic that does not exist yet is waited for, and asked for once it does', async () => {
  const world = new World();
  world.kafka.topics.delete('counts');
  const connector = world.start();
  world.member.assign();
  await world.clock.pass(60_000);
  expect(connector.health()).toMatchObject({ ok: false, reason: expect.stringContaining('no topic counts') });
  world.kafka.create('counts', 1);
  await world.clock.when(() => world.member.rejoins === 1);
  world.append(record('a', 1));
  world.member.assign(at(0));
  await world.clock.when(() => world.committed() === 1);
  expect(connector.health()).toEqual({ ok: true });
  await world.close(connector);
});

test('a topic made anew under its name is read from the beginning, and its rows beat those of the one before', async () => {
  const world = new World();
  world.append(...Array.from({ length: 100 }, (_, i) => record('a', 1_000 + i)));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 100);
  world.kafka.create('counts', 1);
  world.append(record('a', 1), record('b', 1));
  await world.clock.when(() => world.committed() === 2);
  expect(world.counts()).toEqual({ a: 1n, b: 1n });
  await world.close(connector);
});

test('a topic made anew that is already longer than the one before is noticed too, and read from the beginning', async () => {
  const world = new World();
  world.append(record('a', 1_000), record('b', 1_000));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 2);
  world.kafka.create('counts', 1);
  world.append(record('a', 1), record('b', 1), record('c', 1), record('c', 2));
  await world.clock.when(() => world.counts()['a'] === 1n);
  await world.clock.when(() => world.committed() === 4);
  expect(world.counts()).toEqual({ a: 1n, b: 1n, c: 2n });
  await world.close(connector);
});

test('offsets of a topic that is gone are not those of the one that has its name now', async () => {
  const world = new World();
  world.append(record('a', 9), record('a', 10));
  const first = world.running();
  await world.clock.when(() => world.committed() === 2);
  await world.close(first);
  world.kafka.create('counts', 1);
  world.append(record('a', 1), record('b', 1), record('c', 1));
  await world.clock.pass(1_000);
  const second = world.running();
  await world.clock.when(() => world.committed() === 3);
  expect(world.counts()).toEqual({ a: 1n, b: 1n, c: 1n });
  await world.close(second);
});

test('a topic that got more partitions is refused: offsets no longer order the writes of a key', async () => {
  const world = new World();
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  world.kafka.topics.get('counts')?.partitions.push([]);
  expect(await world.clock.until(connector.failed)).toMatchObject({
    code: 'MR_SINK_PARTITIONS_CHANGED',
    message: expect.stringContaining('had 1 partitions'),
  });
});

test('a poll that fails in passing loses nothing', async () => {
  const world = new World();
  world.kafka.faults.push({ call: 'poll', error: millraceError('MR_CLIENT_UNREACHABLE', { tried: 'x' }) });
  world.append(record('a', 1));
  const connector = world.running();
  await world.clock.when(() => world.committed() === 1);
  expect(world.counts()).toEqual({ a: 1n });
  await world.close(connector);
});

test('a topic that is gone holds up no other one', async () => {
  const world = new World();
  const columns = { hashtag: 'key', interval: { constant: 'ALL' }, mentions: 'value' };
  const topics = ['counts', 'others'].map((topic) => ({
    ...{ topic, key: 'string', value: 'long' },
    rows: [{ table: 'hashtags', columns }],
  }));
  world.append(record('a', 1));
  const connector = world.start({ config: parseConnectorConfig(JSON.stringify({ tables, topics }), 'c.json') });
  world.member.assign({ topic: 'others', partition: 0 }, at(0));
  await world.clock.when(() => world.committed() === 1);
  expect(connector.health()).toMatchObject({ ok: false, reason: expect.stringContaining('others') });
  await world.close(connector);
});

test('two members that write the same records in different order leave the same rows', async () => {
  const world = new World();
  world.append(...Array.from({ length: 30 }, (_, i) => record(`t${i % 3}`, i)));
  const zombie = world.running({ limits: { chunkRecords: 1 } });
  await world.clock.when(() => world.table.writes.length > 10);
  const second = world.running();
  await world.clock.when(() => world.committed() === 30);
  await world.clock.pass(1_000);
  expect(world.counts()).toEqual({ t0: 27n, t1: 28n, t2: 29n });
  await world.close(zombie);
  await world.close(second);
});
