/** The connector on a real Kafka and a real Cassandra: each test in topics and a keyspace of its own. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import { parseConnectorConfig, startConnector, type Connector } from '@millrace/connect';
import type { KafkaClient } from '@millrace/ports';
import { EmbeddedRegistry, serveRegistry, type RegistryServer } from '@millrace/schema-registry';
import { createCassandraSink } from '@millrace/sink-cassandra';
import { CutableProxy } from '@millrace/testing';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CassandraReader } from './testdata/cassandra-reader.ts';
import { ServiceProcess } from '@millrace/testing';
import { ResultFeed } from './testdata/result-feed.ts';

const main = path.join(import.meta.dirname, '../dist/main.js');

const bootstrapServers = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092';
const contactPoint = process.env['CASSANDRA_CONTACT_POINTS'] ?? '127.0.0.1:29042';
const machine = { clock: systemClock, random: systemRandom, logger: silentLogger };
const registry = new EmbeddedRegistry();
const client = newClient();
const closings: (() => Promise<unknown> | void)[] = [];
let registryServer: RegistryServer;

function newClient(): KafkaClient {
  const transport = tcpTransport();
  return createKafkaClient({ bootstrapServers, clientId: 'connector-test', transport, ...machine });
}

beforeAll(async () => {
  await client.connect();
  registryServer = await serveRegistry(registry);
});

afterAll(async () => {
  isOver = true;
  for (const close of closings.reverse()) await close();
  await registryServer.close();
  await client.close();
}, 60_000);

class Stage {
  readonly unique = systemRandom.uuid().replaceAll('-', '').slice(0, 10);
  readonly keyspace = `connector_${this.unique}`;
  readonly reader = new CassandraReader(contactPoint, this.keyspace);
  readonly feed = new ResultFeed(client, registry, this.unique);

  static async open(): Promise<Stage> {
    const stage = new Stage();
    closings.push(() => stage.#close());
    await stage.feed.create();
    return stage;
  }

  async produce(from: number, count: number): Promise<void> {
    const producer = client.producer();
    await this.feed.feed(producer, from, count);
    await producer.close();
  }

  start(groupId = `g-${this.unique}`, more: { contactPoint?: string } = {}): Connector {
    const own = newClient();
    const connector = startConnector({
      ...machine,
      config: parseConnectorConfig(this.feed.config, 'trending-hashtags.json'),
      groupId,
      client: own,
      registry,
      commitIntervalMs: 100,
      sink: createCassandraSink({
        ...machine,
        contactPoints: [more.contactPoint ?? contactPoint],
        localDataCenter: 'datacenter1',
        keyspace: this.keyspace,
      }),
    });
    closings.push(async () => {
      await connector.close(1_000);
      await own.close();
    });
    return connector;
  }

  spawn(more: Readonly<Record<string, string>> = {}): ServiceProcess {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'connector-')), 'connector.json');
    writeFileSync(file, this.feed.config);
    const started = new ServiceProcess(main, {
      CONNECTOR_CONFIG: file,
      GROUP_ID: `p-${this.unique}`,
      BOOTSTRAP_SERVERS: bootstrapServers,
      SCHEMA_REGISTRY_URL: registryServer.url,
      CASSANDRA_CONTACT_POINTS: contactPoint,
      CASSANDRA_KEYSPACE: this.keyspace,
      COMMIT_INTERVAL_MS: '100',
      SESSION_TIMEOUT_MS: '6000',
      ...more,
    });
    closings.push(() => started.signal('SIGKILL'));
    return started;
  }

  async expectTables(): Promise<void> {
    expect(await this.reader.counts()).toEqual(this.feed.counts);
    expect(await this.reader.places()).toEqual(this.feed.places);
  }

  async #close(): Promise<void> {
    await this.reader.close();
    const all = await client.listTopics();
    await client.admin.deleteTopics(all.filter((name) => name.includes(this.unique)));
  }
}

/** A test that has failed must not wait on. */
let isOver = false;

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!isOver && !(await condition())) await systemClock.sleep(50);
}

describe('the tables hold what the topics say', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open();
    await stage.produce(0, 3_000);
    const aborted = client.transactionalProducer({ transactionalId: `aborted-${stage.unique}` });
    await aborted.init();
    await aborted.prepare(Object.values(stage.feed.topics));
    const all = stage.feed.topics['hashtag-mentions-all'];
    aborted.append(all, 0, Buffer.from('tag0'), Buffer.alloc(8, 1), 0);
    aborted.append(all, 0, Buffer.from('never'), Buffer.alloc(8, 1), 0);
    await aborted.flush();
    await aborted.abort();
    await aborted.close();
  }, 60_000);

  test('counts of each interval and every place, none of an aborted transaction; tables as asked for', async () => {
    const connector = stage.start();
    await until(() => connector.caughtUp());
    await stage.expectTables();
    expect(connector.metrics().lags.reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
    expect(await stage.reader.describe('hashtags')).toMatch(
      /hashtag text,\s+interval text,\s+mentions bigint,\s+PRIMARY KEY \(hashtag, interval\)\s+\) WITH CLUSTERING ORDER BY \(interval DESC\)/,
    );
    expect(await stage.reader.describe('trending')).toMatch(
      /window_start timestamp,\s+rank int,\s+hashtag text,\s+mentions bigint,\s+PRIMARY KEY \(window_start, rank\)/,
    );
    await connector.close();
  }, 60_000);

  test('a ranking that becomes shorter leaves no stale row, and one without a value none at all', async () => {
    const connector = stage.start();
    const producer = client.producer();
    await producer.prepare(Object.values(stage.feed.topics));
    const [first, second] = [...stage.feed.places.keys()].map((key) => Number(key.split(' ')[0]));
    await stage.feed.shorten(producer, first as number, [{ hashtag: 'one', mentions: 9 }]);
    const other = [...stage.feed.places.keys()].map((key) => Number(key.split(' ')[0])).find((at) => at !== second);
    await stage.feed.shorten(producer, other as number, null);
    await producer.close();
    await until(() => connector.caughtUp());
    await stage.expectTables();
    await connector.close();
  }, 60_000);

  test('a replay from the beginning, beside another one, leaves the same rows with the same writetimes', async () => {
    const before = await stage.reader.writetimes();
    const replays = ['x', 'y'].map((name) => stage.start(`replay-${name}-${stage.unique}`));
    await until(async () => (await Promise.all(replays.map((one) => one.caughtUp()))).every(Boolean));
    await stage.expectTables();
    expect(await stage.reader.writetimes()).toEqual(before);
    await Promise.all(replays.map((one) => one.close()));
  }, 60_000);
});

test('Cassandra goes down and comes back: the connector waits in its group and catches up, nothing lost', async () => {
  const stage = await Stage.open();
  const proxy = new CutableProxy(contactPoint);
  await proxy.up();
  closings.push(() => proxy.down());
  const connector = stage.start(undefined, { contactPoint: proxy.address });
  await stage.produce(0, 200);
  await until(() => connector.caughtUp());
  proxy.down();
  await stage.produce(200, 600);
  await until(() => connector.metrics().retries > 0);
  expect(connector.health()).toMatchObject({ ok: false });
  const { state, members } = await client.admin.describeGroup(`g-${stage.unique}`);
  expect([state, members.length]).toEqual(['Stable', 1]);
  expect(await connector.caughtUp()).toBe(false);
  await proxy.up();
  await until(() => connector.caughtUp());
  await stage.expectTables();
  expect(connector.health()).toEqual({ ok: true });
  await connector.close();
  // The driver looks for a node that is down at growing intervals.
}, 300_000);

test('members come and go while records flow: each partition is written on, and the tables are right', async () => {
  const stage = await Stage.open();
  const first = stage.start();
  await stage.produce(0, 500);
  const others = [stage.start(), stage.start()];
  await stage.produce(500, 500);
  await until(() => others.every((one) => one.metrics().assignedPartitions >= 5));
  await until(() => [first, ...others].reduce((sum, one) => sum + one.metrics().assignedPartitions, 0) === 16);
  await Promise.all([others[0]?.close(), stage.produce(1_000, 500)]);
  await until(async () => first.metrics().assignedPartitions + (others[1]?.metrics().assignedPartitions ?? 0) === 16);
  await until(() => first.caughtUp());
  await stage.expectTables();
}, 120_000);

test('a record that cannot be mapped is put aside with its reason; the others are written', async () => {
  const stage = await Stage.open();
  const all = stage.feed.topics['hashtag-mentions-all'];
  const producer = client.producer();
  await producer.prepare([all]);
  producer.append(all, 2, Buffer.from('odd'), Buffer.from('seven77'), 1_000, [{ key: 'k', value: Buffer.from('v') }]);
  producer.append(all, 2, Buffer.from('x'.repeat(70_000)), Buffer.alloc(8), 1_000);
  // As large as the topic allows: with its reason it is larger.
  producer.append(all, 2, Buffer.from('large'), Buffer.alloc(1_048_450), 1_000);
  await producer.flush();
  await producer.close();
  await stage.produce(0, 50);
  const connector = stage.start();
  await until(() => connector.caughtUp());
  await stage.expectTables();
  expect(connector.metrics().deadLetters).toEqual({ [all]: 3 });
  const fetcher = client.fetcher({ isolation: 'read_committed' });
  fetcher.assign([{ topic: `${all}-dlq`, partition: 2, offset: 0 }]);
  const letters: Record<string, string>[] = [];
  while (letters.length < 3) {
    for (const batch of await fetcher.poll(1_000)) {
      for (let i = 0; i < batch.count; i++)
        letters.push(Object.fromEntries(batch.headers(i).map(({ key, value }) => [key, String(value)])));
    }
  }
  await fetcher.close();
  expect(letters.map((letter) => letter['__connect.errors.exception.class.name']).sort()).toEqual([
    'MR_SINK_ROW_REFUSED',
    'MR_SINK_UNDECODABLE',
    'MR_SINK_UNDECODABLE',
  ]);
  expect(letters.find((letter) => letter['k'] === 'v')).toMatchObject({ '__connect.errors.offset': '0' });
  await connector.close();
}, 60_000);

describe('the process', () => {
  test('killed with -9 in the middle and started again: no count is lost, double or stale; SIGTERM drains and exits 0', async () => {
    const stage = await Stage.open();
    for (let round = 0; round < 3; round++) {
      const victim = stage.spawn();
      const producing = stage.produce(round * 4_000, 4_000);
      await until(async () => /^millrace_connector_rows_total.* [1-9]/m.test((await victim.get('/metrics')).body));
      victim.signal('SIGKILL');
      await Promise.all([victim.exit, producing]);
    }
    const last = stage.spawn();
    const lagOf = async (): Promise<number[]> =>
      [...(await last.get('/metrics')).body.matchAll(/^millrace_connector_lag_records.* (\d+)$/gm)].map(([, lag]) =>
        Number(lag),
      );
    await until(async () => {
      const lags = await lagOf();
      return lags.length === 16 && lags.every((lag) => lag === 0);
    });
    expect((await last.get('/health/ready')).status).toBe(200);
    await stage.expectTables();
    last.signal('SIGTERM');
    expect(await last.exit).toBe(0);
    expect((await client.admin.describeGroup(`p-${stage.unique}`)).members).toEqual([]);
    const ends = await client.admin.groupOffsets(`p-${stage.unique}`);
    const stable = await client.admin.listOffsets(ends, 'latest', 'read_committed');
    const positions = (all: readonly { topic: string; partition: number; offset: number }[]): string[] =>
      all.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).sort();
    expect(positions(ends)).toEqual(positions(stable));
  }, 180_000);
});
