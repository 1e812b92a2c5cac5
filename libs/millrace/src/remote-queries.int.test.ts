/** Instances that answer for each other over HTTP: on an embedded broker, with sockets of this machine. */
import { expect, test } from '@jest/globals';
import type { QueryNetwork } from '@millrace/ports';
import { decodeAnswer } from '@millrace/runtime';
import { memoryEngines } from '@millrace/store-memory';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { httpQueryNetwork } from './http-query-network.ts';
import { QueryableStoreTypes, Serdes, type KafkaStreams, type StoreQueryOptions, type StreamsPorts } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { describeOnCluster } from './testdata/on-cluster.ts';
import { eventually, Lines, reached, until } from './testdata/playground.ts';
import { priceHistory, prices } from './testdata/prices.ts';
import { visitCounts, visits } from './testdata/visits.ts';

const serdes = { key: Serdes.string(), value: Serdes.long() };
const token = 'between instances';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function post(
  port: number,
  body: string,
  headers: Record<string, string> = {},
  path = '/millrace/query',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method: 'POST', headers, agent: false };
    request(options, (answer) => resolve(answer.resume().statusCode ?? 0))
      .on('error', reject)
      .end(body);
  });
}

describeOnCluster(
  'queries between instances',
  () => Promise.resolve(embeddedCluster()),
  (site) => {
    async function instances(
      count: number,
      more: Record<string, unknown> = {},
      ports: Partial<StreamsPorts> = {},
      { program = visitCounts, records = visits(80) } = {},
    ): Promise<KafkaStreams[]> {
      const input = await site.ground.topic('visits', 4);
      const all: KafkaStreams[] = [];
      for (let i = 0; i < count; i++) {
        const config = {
          applicationServer: `127.0.0.1:${await freePort()}`,
          interactiveQueryToken: token,
          sessionTimeoutMs: 1_000,
          heartbeatIntervalMs: 200,
          transactionTimeoutMs: 2_000,
          ...more,
        };
        const streams = site.ground.application(program(input), { engines: memoryEngines(), config, ...ports });
        await streams.start();
        all.push(streams);
      }
      await until(() => all.every((one) => tasksOf(one).length === 4 / count));
      await site.ground.feed(input, records);
      await until(() => all.reduce((sum, one) => sum + one.metrics().processed, 0) === records.length);
      return all;
    }

    const tasksOf = (streams: KafkaStreams): string[] => streams.metrics().threads.flatMap(({ tasks }) => tasks);
    /** Visitors are put into partitions by their number, not by the hash of their name. */
    const partitioner = (_topic: string, key: string): number => Number(key.split('-')[1]) % 4;
    const remote = (streams: KafkaStreams, options: StoreQueryOptions = {}) =>
      streams.remoteStore('visits', QueryableStoreTypes.keyValue(serdes), { partitioner, ...options });

    test('one key goes to who has it, ranges come merged from all', async () => {
      const both = await instances(2);
      const all = Array.from({ length: 8 }, (_, i) => [`visitor-${i}`, 10] as const);
      for (const streams of both) {
        for (const [key, count] of all) expect(await remote(streams).get(key)).toBe(count);
        expect(await remote(streams).get('visitor-9')).toBeNull();
        expect(await remote(streams).all().toArray()).toEqual(all);
        expect(await remote(streams).reverseRange('visitor-1', 'visitor-5').toArray()).toEqual(
          all.slice(1, 6).reverse(),
        );
        expect(await remote(streams).approximateNumEntries()).toBe(8);
        const windows = streams.remoteStore('by-window', QueryableStoreTypes.timestampedWindow(serdes), {
          partitioner,
        });
        expect(await windows.fetch('visitor-3', 70_000)).toEqual({ value: 1, timestamp: 75_000 });
        const sessions = streams.remoteStore('by-session', QueryableStoreTypes.session(serdes), { partitioner });
        expect(await sessions.fetchSession('visitor-3', 75_000, 75_000)).toBe(1);
      }
      await expect(remote(both[0] as KafkaStreams, { partition: 4 }).get('visitor-0')).rejects.toMatchObject({
        code: 'MR_QUERY_PARTITION',
        message: expect.stringContaining('0 to 3'),
      });
    }, 60_000);

    test('versions of a row come from who has it, and from its copy', async () => {
      const versioned = { program: priceHistory, records: prices(5) };
      const both = await instances(2, { numStandbyReplicas: 1 }, {}, versioned);
      const type = QueryableStoreTypes.versioned<string, string>();
      const ascending = { order: 'ascending' } as const;
      for (const streams of both) {
        const own = tasksOf(streams).map((task) => Number(task.split('_')[1]));
        for (const good of [0, 1, 2, 3]) {
          const key = `good-${good}`;
          const values = good === 0 ? ['1', '2', '3', '5'] : ['1', '2', '3', '4', '5'];
          const store = streams.remoteStore('prices', type, { partitioner });
          const rows = await store.versions(key, ascending).toArray();
          expect(rows.map(({ value }) => value)).toEqual(values);
          expect(rows[1]).toEqual({ value: '2', timestamp: 60_000, validTo: 120_000 });
          expect(await store.get(key, 60_000)).toEqual(rows[1]);
          if (own.includes(good)) continue;
          const copy = streams.store('prices', type, { enableStaleStores: true, maxLag: 0, partition: good });
          await eventually(
            () => copy.versions(key, ascending).toArray(),
            (found) => found.length === values.length,
          );
          expect(await copy.versions(key, ascending).toArray()).toEqual(rows);
        }
      }
    }, 60_000);

    test('a copy answers for an active that cannot be reached, only where rows that are behind are allowed', async () => {
      const isAway = { now: false };
      const network = httpQueryNetwork({ token, timeoutMs: 300, logger: new Lines() });
      const queryNetwork: QueryNetwork = {
        serve: (address, answer) => network.serve(address, answer),
        // Nobody listens at this port.
        ask: (host, body) => network.ask(isAway.now ? '127.0.0.1:1' : host, body),
      };
      const config = { numStandbyReplicas: 1, interactiveQueryTimeoutMs: 300 };
      const [first, second] = (await instances(2, config, { queryNetwork })) as [KafkaStreams, KafkaStreams];
      const [partition] = tasksOf(second).map((task) => Number(task.split('_')[1])) as [number];
      const key = `visitor-${partition}`;
      const copy = first.store('visits', QueryableStoreTypes.keyValue(serdes), { enableStaleStores: true, partition });
      await eventually(
        () => copy.get(key),
        (count) => count === 10,
      );
      expect(await remote(first).get(key)).toBe(10);
      isAway.now = true;
      await expect(remote(first).get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_UNREACHABLE',
        severity: 'retriable',
        message: expect.stringContaining('127.0.0.1:1'),
      });
      expect(await remote(first, { enableStaleStores: true }).get(key)).toBe(10);
      expect(await remote(first, { enableStaleStores: true }).all().toArray()).toHaveLength(8);
      await expect(remote(first, { enableStaleStores: true, maxStaleness: 0 }).get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_STALE',
      });
      await second.close();
      await eventually(
        () => remote(first).get(key),
        (count) => count === 10,
      );
    }, 60_000);

    test('an instance that hangs, or breaks off, is no answer', async () => {
      for (const [sent, code] of [
        ['', 'MR_QUERY_TIMED_OUT'],
        ['HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"rows":[]}\n', 'MR_QUERY_CUT'],
        ['SSH-2.0-x\r\n', 'MR_QUERY_UNREACHABLE'],
      ] as const) {
        const server = createServer((socket) => {
          socket.on('error', () => undefined);
          if (sent !== '') socket.end(sent);
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
        const network = httpQueryNetwork({ token, timeoutMs: 200, logger: new Lines() });
        const rows = decodeAnswer(network.ask(host, Buffer.from('{}')), host);
        const read = async (): Promise<void> => {
          for (let next = await rows.next(); next.done !== true; next = await rows.next());
        };
        await expect(read()).rejects.toMatchObject({ code });
        server.close();
      }
    }, 60_000);

    test('answers only who has the token, and only what is a query', async () => {
      const [streams] = (await instances(1)) as [KafkaStreams];
      const port = Number(streams.config.applicationServer?.split(':')[1]);
      const mine = { authorization: `Bearer ${token}` };
      expect(await post(port, '{}')).toBe(401);
      expect(await post(port, '{}', { authorization: 'Bearer between instance' })).toBe(401);
      expect(await post(port, '{}', mine, '/metrics')).toBe(404);
      expect(await post(port, 'x'.repeat(3_000_000), mine).catch(() => 413)).toBe(413);
      expect(await post(port, '{}', mine)).toBe(200);
      const stranger = httpQueryNetwork({ token: 'wrong', timeoutMs: 500, logger: new Lines() });
      const asked = stranger.ask(`127.0.0.1:${port}`, Buffer.from('{}'))[Symbol.asyncIterator]();
      await expect(asked.next()).rejects.toMatchObject({ code: 'MR_QUERY_UNAUTHORIZED' });
      await streams.close();
    }, 60_000);

    test('without a token only addresses of this machine are served', async () => {
      const input = await site.ground.topic('visits', 4);
      const logger = new Lines();
      const config = { applicationServer: '0.0.0.0:1' };
      const streams = site.ground.application(visitCounts(input), { engines: memoryEngines(), config, logger });
      await streams.start();
      await reached(streams, 'RUNNING');
      expect(await logger.with('applicationServer', '0.0.0.0:1')).toMatchObject({ level: 'warn' });
    });
  },
);
