/** Instances that answer for each other over HTTP, on any cluster. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { QueryableStoreTypes, Serdes, type KafkaStreams, type StoreQueryOptions, type StreamsPorts } from '../index.ts';
import { freePort } from './free-port.ts';
import { describeOnCluster, type TestSite } from './on-cluster.ts';
import { eventually, until, type ClusterUnderTest } from './playground.ts';
import { priceHistory, prices } from './prices.ts';
import { visitCounts, visits } from './visits.ts';

const serdes = { key: Serdes.string(), value: Serdes.long() };
export const token = 'between instances';

/** Instances that have processed their records, each with its share of four tasks. */
export async function instancesOf(
  site: TestSite,
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

export const tasksOf = (streams: KafkaStreams): string[] => streams.metrics().threads.flatMap(({ tasks }) => tasks);

/** Visitors are put into partitions by their number, not by the hash of their name. */
const partitioner = (_topic: string, key: string): number => Number(key.split('-')[1]) % 4;

export const remoteVisits = (streams: KafkaStreams, options: StoreQueryOptions = {}) =>
  streams.remoteStore('visits', QueryableStoreTypes.keyValue(serdes), { partitioner, ...options });

export function remoteQuerySuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: queries between instances`, makeCluster, (site) => {
    test('one key goes to who has it, ranges come merged from all', async () => {
      const both = await instancesOf(site, 2);
      const all = Array.from({ length: 8 }, (_, i) => [`visitor-${i}`, 10] as const);
      for (const streams of both) {
        for (const [key, count] of all) expect(await remoteVisits(streams).get(key)).toBe(count);
        expect(await remoteVisits(streams).get('visitor-9')).toBeNull();
        expect(await remoteVisits(streams).all().toArray()).toEqual(all);
        expect(await remoteVisits(streams).reverseRange('visitor-1', 'visitor-5').toArray()).toEqual(
          all.slice(1, 6).reverse(),
        );
        expect(await remoteVisits(streams).approximateNumEntries()).toBe(8);
        const windows = streams.remoteStore('by-window', QueryableStoreTypes.timestampedWindow(serdes), {
          partitioner,
        });
        expect(await windows.fetch('visitor-3', 70_000)).toEqual({ value: 1, timestamp: 75_000 });
        const sessions = streams.remoteStore('by-session', QueryableStoreTypes.session(serdes), { partitioner });
        expect(await sessions.fetchSession('visitor-3', 75_000, 75_000)).toBe(1);
      }
      await expect(remoteVisits(both[0] as KafkaStreams, { partition: 4 }).get('visitor-0')).rejects.toMatchObject({
        code: 'MR_QUERY_PARTITION',
        message: expect.stringContaining('0 to 3'),
      });
    }, 60_000);

    test('versions of a row come from who has it, and from its copy', async () => {
      const versioned = { program: priceHistory, records: prices(5) };
      const both = await instancesOf(site, 2, { numStandbyReplicas: 1 }, {}, versioned);
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


    test('whoever has the token asks any instance for a key, in JSON', async () => {
      const both = await instancesOf(site, 2);
      const minute = { start: 70_000, value: 1 };
      for (const streams of both) {
        for (const visitor of [0, 1, 2, 3]) {
          const key = `visitor-${visitor}`;
          const partition = visitor;
          const asked = (body: object) => answerLines(streams, { version: 1, key, partition, ...body });
          const timestamp = (72 + visitor) * 1_000;
          const end = { end: true };
          expect(await asked({ store: 'visits' })).toEqual([{ key, value: 10, timestamp }, end]);
          expect(await asked({ store: 'visits', key: 'nobody' })).toEqual([end]);
          expect(await asked({ store: 'by-window', from: 70_000, to: 79_999 })).toEqual([{ key, ...minute }, end]);
          expect(await asked({ store: 'by-session', from: timestamp, to: timestamp })).toEqual([
            { key, start: timestamp, end: timestamp, value: 1 },
            end,
          ]);
          expect(await asked({ store: 'no-such' })).toMatchObject([{ error: { code: 'MR_QUERY_STORE_UNKNOWN' } }]);
          expect(await asked({ store: 'visits', partition: 'x' })).toMatchObject([{ error: { code: 'MR_QUERY_REQUEST' } }]);
          expect(await asked({ store: 'visits', partition: 9 })).toMatchObject([{ error: { code: 'MR_QUERY_PARTITION' } }]);
        }
      }
    }, 60_000);
  });
}

async function answerLines(streams: KafkaStreams, body: object): Promise<unknown[]> {
  const answer = await fetch(`http://${streams.config.applicationServer}/millrace/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
