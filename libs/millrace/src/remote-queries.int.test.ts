/** Instances that answer for each other over HTTP: on an embedded broker, with sockets of this machine. */
import { expect, test } from '@jest/globals';
import type { QueryNetwork } from '@millrace/ports';
import { decodeAnswer } from '@millrace/runtime';
import { memoryEngines } from '@millrace/store-memory';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { httpQueryNetwork } from './http-query-network.ts';
import { QueryableStoreTypes, Serdes, type KafkaStreams } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { describeOnCluster } from './testdata/on-cluster.ts';
import { eventually, Lines, reached } from './testdata/playground.ts';
import { instancesOf, remoteQuerySuite, remoteVisits, tasksOf, token } from './testdata/remote-query-suite.ts';
import { visitCounts } from './testdata/visits.ts';

const serdes = { key: Serdes.string(), value: Serdes.long() };
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

remoteQuerySuite('an embedded broker', () => Promise.resolve(embeddedCluster()));

describeOnCluster(
  'queries between instances',
  () => Promise.resolve(embeddedCluster()),
  (site) => {
    test('a copy answers for an active that cannot be reached, only where rows that are behind are allowed', async () => {
      const isAway = { now: false };
      const network = httpQueryNetwork({ token, timeoutMs: 300, logger: new Lines() });
      const queryNetwork: QueryNetwork = {
        serve: (address, answer) => network.serve(address, answer),
        // Nobody listens at this port.
        ask: (host, body) => network.ask(isAway.now ? '127.0.0.1:1' : host, body),
      };
      const config = { numStandbyReplicas: 1, interactiveQueryTimeoutMs: 300 };
      const [first, second] = (await instancesOf(site, 2, config, { queryNetwork })) as [KafkaStreams, KafkaStreams];
      const [partition] = tasksOf(second).map((task) => Number(task.split('_')[1])) as [number];
      const key = `visitor-${partition}`;
      const copy = first.store('visits', QueryableStoreTypes.keyValue(serdes), { enableStaleStores: true, partition });
      await eventually(
        () => copy.get(key),
        (count) => count === 10,
      );
      expect(await remoteVisits(first).get(key)).toBe(10);
      isAway.now = true;
      await expect(remoteVisits(first).get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_UNREACHABLE',
        severity: 'retriable',
        message: expect.stringContaining('127.0.0.1:1'),
      });
      expect(await remoteVisits(first, { enableStaleStores: true }).get(key)).toBe(10);
      expect(await remoteVisits(first, { enableStaleStores: true }).all().toArray()).toHaveLength(8);
      await expect(remoteVisits(first, { enableStaleStores: true, maxStaleness: 0 }).get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_STALE',
      });
      await second.close();
      await eventually(
        () => remoteVisits(first).get(key),
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
      const [streams] = (await instancesOf(site, 1)) as [KafkaStreams];
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
