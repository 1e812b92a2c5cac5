/** Interactive queries of local stores, on any cluster: what is there, by name and type, while tasks run, move and end. */
import { beforeEach, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import {
  KeyQuery,
  MultiVersionedKeyQuery,
  QueryableStoreTypes,
  Serdes,
  StreamsBuilder,
  VersionedKeyQuery,
  type KafkaStreams,
  type StateQuery,
} from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { reached, until, type ClusterUnderTest } from './playground.ts';
import { priceHistory, prices } from './prices.ts';
import { visitCounts, visits } from './visits.ts';

const serdes = { key: Serdes.string(), value: Serdes.long() };

export function querySuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: queries`, makeCluster, (site) => {
    let input: string;

    beforeEach(async () => {
      input = await site.ground.topic('visits', 4);
    });

    function instance(config: Record<string, unknown> = {}): KafkaStreams {
      return site.ground.application(visitCounts(input), { engines: memoryEngines(), config });
    }

    async function running(config: Record<string, unknown> = {}): Promise<KafkaStreams> {
      const streams = instance(config);
      await streams.start();
      await reached(streams, 'RUNNING');
      return streams;
    }

    const tasksOf = (streams: KafkaStreams): string[] => streams.metrics().threads.flatMap(({ tasks }) => tasks);
    const partitionsOf = (streams: KafkaStreams): number[] => tasksOf(streams).map((task) => Number(task.split('_')[1]));

    async function processed(count: number, ...instances: readonly KafkaStreams[]): Promise<void> {
      await until(() => instances.reduce((sum, streams) => sum + streams.metrics().processed, 0) >= count);
    }

    test('key-value stores: keys, ranges and prefixes over all partitions, in the order of the keys', async () => {
      const streams = await running();
      await site.ground.feed(input, visits(80));
      await processed(80, streams);
      for (const store of ['visits', 'in-memory']) {
        const counts = streams.store(store, QueryableStoreTypes.keyValue(serdes));
        expect(await counts.get('visitor-3')).toBe(10);
        expect(await counts.get('nobody')).toBeNull();
        const all = Array.from({ length: 8 }, (_, i) => [`visitor-${i}`, 10] as const);
        expect(await counts.all().toArray()).toEqual(all);
        expect(await counts.reverseAll().toArray()).toEqual([...all].reverse());
        expect(await counts.range('visitor-2', 'visitor-4').toArray()).toEqual(all.slice(2, 5));
        expect(await counts.reverseRange(null, 'visitor-1').toArray()).toEqual(all.slice(0, 2).reverse());
        expect(await counts.prefixScan('visitor-7', Serdes.string()).toArray()).toEqual(all.slice(7));
        expect(await counts.prefixScan(Buffer.from('nobody')).toArray()).toEqual([]);
        expect(await counts.approximateNumEntries()).toBe(8);
      }
      const timed = streams.store('visits', QueryableStoreTypes.timestampedKeyValue(serdes));
      expect(await timed.get('visitor-3')).toEqual({ value: 10, timestamp: 75_000 });
    });

    test('window and session stores: by key and time, forwards and backwards', async () => {
      const streams = await running();
      await site.ground.feed(input, visits(40, { visitors: 4 }));
      await processed(40, streams);
      const windows = streams.store('by-window', QueryableStoreTypes.window(serdes));
      expect(await windows.fetch('visitor-0', 30_000)).toBe(2);
      expect(await windows.fetch('visitor-0', 31_000)).toBeNull();
      const live = await windows.fetch('visitor-1', 0, 100_000).toArray();
      expect(live).toEqual([
        [0, 3],
        [10_000, 2],
        [20_000, 3],
        [30_000, 2],
      ]);
      expect(await windows.backwardFetch('visitor-1', 0, 100_000).toArray()).toEqual([...live].reverse());
      expect((await windows.fetch('visitor-0', 'visitor-1', 30_000, 30_000).toArray()).map(([{ key }]) => key)).toEqual([
        'visitor-0',
        'visitor-1',
      ]);
      const all = await windows.all().toArray();
      expect(all).toHaveLength(16);
      expect(await windows.backwardAll().toArray()).toEqual([...all].reverse());
      expect(await windows.fetchAll(20_000, 30_000).toArray()).toEqual(all.slice(8));
      const sessions = streams.store('by-session', QueryableStoreTypes.session(serdes));
      expect(await sessions.fetch('visitor-1').toArray()).toEqual([
        [{ key: 'visitor-1', window: { start: 1_000, end: 37_000 } }, 10],
      ]);
      expect(await sessions.fetchSession('visitor-1', 1_000, 37_000)).toBe(10);
      expect(await sessions.findSessions('visitor-1', 37_001, 100_000).toArray()).toEqual([]);
      expect(await sessions.fetch('visitor-0', 'visitor-1').toArray()).toHaveLength(2);
    });

    test('versioned stores: the latest version, that of a time, and all of a range of time', async () => {
      const streams = site.ground.application(priceHistory(input), { engines: memoryEngines() });
      await streams.start();
      await reached(streams, 'RUNNING');
      await site.ground.feed(input, prices(5));
      await processed(20, streams);
      const minute = 60_000;
      const store = streams.store('prices', QueryableStoreTypes.versioned<string, string>());
      expect(await store.get('good-1')).toEqual({ value: '5', timestamp: 4 * minute });
      expect(await store.get('good-1', 2 * minute - 1)).toEqual({ value: '2', timestamp: minute, validTo: 2 * minute });
      expect([await store.get('good-1', -1), await store.get('good-0', 3 * minute), await store.get('tea')]).toEqual([null, null, null]);
      const all = [
        { value: '1', timestamp: 0, validTo: minute },
        { value: '2', timestamp: minute, validTo: 2 * minute },
        { value: '3', timestamp: 2 * minute, validTo: 3 * minute },
        { value: '5', timestamp: 4 * minute },
      ];
      expect(await store.versions('good-0', { order: 'ascending' }).toArray()).toEqual(all);
      expect(await store.versions('good-0').toArray()).toEqual([...all].reverse());
      expect(await store.versions('good-0', { from: minute + 1, to: 2 * minute, order: 'ascending' }).toArray()).toEqual(all.slice(1, 3));
      expect(() => store.versions('good-0', { from: 1, to: 0 })).toThrow(expect.objectContaining({ code: 'MR_QUERY_TIMES' }));

      const ask = async <R>(query: StateQuery<R>) => (await streams.query({ store: 'prices', query, partitions: [0] })).partitionResults.get(0);
      const one = VersionedKeyQuery.withKey<string, string>('good-0');
      expect(await ask(one)).toMatchObject({ isSuccess: true, result: all[3] });
      expect(await ask(one.asOf(minute))).toMatchObject({ isSuccess: true, result: all[1] });
      expect(await ask(one.asOf(3 * minute))).toMatchObject({ isSuccess: true, result: null });
      const many = MultiVersionedKeyQuery.withKey<string, string>('good-0').fromTime(minute + 1);
      const rowsOf = async (query: typeof many) => {
        const answer = await ask(query);
        return answer?.isSuccess === true ? answer.result.toArray() : answer;
      };
      expect(await rowsOf(many)).toEqual(all.slice(1).reverse());
      expect(await rowsOf(many.toTime(3 * minute).withAscendingTimestamps())).toEqual(all.slice(1, 3));
      expect(await rowsOf(many.withAscendingTimestamps().withDescendingTimestamps())).toEqual(all.slice(1).reverse());
      expect(await rowsOf(many.toTime(0))).toMatchObject({ failureReason: 'STORE_EXCEPTION' });
      expect(await ask(KeyQuery.withKey('good-0'))).toMatchObject({ failureReason: 'UNKNOWN_QUERY_TYPE' });
    });

    test('a global store is whole on every instance', async () => {
      const people = await site.ground.topic('people', 2);
      await site.ground.feed(people, [
        { partition: 0, key: 'a', value: 'Ada' },
        { partition: 1, key: 'b', value: 'Bea' },
      ]);
      const builder = new StreamsBuilder();
      builder.globalTable(people, { key: Serdes.string(), value: Serdes.string() }, { name: 'people' });
      const streams = site.ground.application(builder.build(), { engines: memoryEngines() });
      await streams.start();
      await reached(streams, 'RUNNING');
      const store = streams.store('people', QueryableStoreTypes.keyValue<string, string>());
      expect(await store.all().toArray()).toEqual([
        ['a', 'Ada'],
        ['b', 'Bea'],
      ]);
      await streams.close();
      await expect(store.get('a')).rejects.toMatchObject({ code: 'MR_QUERY_STATE' });
    });

    test('show what is processed before it is committed, or what is committed', async () => {
      const streams = await running({ commitIntervalMs: 5_000 });
      const dirty = streams.store('visits', QueryableStoreTypes.keyValue(serdes));
      const clean = streams.store('visits', QueryableStoreTypes.keyValue(serdes), { isolation: 'read_committed' });
      await site.ground.feed(input, visits(8));
      await processed(8, streams);
      expect(await dirty.get('visitor-0')).toBe(1);
      expect(await clean.all().toArray()).toEqual([]);
      streams.requestCommit();
      const seen = { rows: 0 };
      await until(() => {
        void clean.approximateNumEntries().then((rows) => (seen.rows = rows));
        return seen.rows === 8;
      });
      expect(await clean.get('visitor-0')).toBe(1);
    });

    test('an instance answers for what it has, and follows its partitions as they move', async () => {
      const first = await running();
      await site.ground.feed(input, visits(80));
      await processed(80, first);
      const second = instance();
      await second.start();
      await until(() => tasksOf(first).length === 2 && tasksOf(second).length === 2);
      const stores = [first, second].map((streams) => streams.store('visits', QueryableStoreTypes.keyValue(serdes)));
      for (const [i, streams] of [first, second].entries()) {
        const own = await stores[i]?.all().toArray();
        const expected = [0, 1, 2, 3, 4, 5, 6, 7].filter((visitor) => partitionsOf(streams).includes(visitor % 4));
        expect(own).toEqual(expected.map((visitor) => [`visitor-${visitor}`, 10]));
      }
      const [theirs] = partitionsOf(second) as [number];
      const one = (streams: KafkaStreams) =>
        streams.store('visits', QueryableStoreTypes.keyValue(serdes), { partition: theirs });
      expect(await one(second).get(`visitor-${theirs}`)).toBe(10);
      await expect(one(first).get(`visitor-${theirs}`)).rejects.toMatchObject({
        code: 'MR_QUERY_STORE_NOT_HERE',
        severity: 'retriable',
        message: expect.stringContaining(`partition ${theirs} of store visits`),
      });
      await second.close();
      await until(() => tasksOf(first).length === 4);
      expect(await one(first).get(`visitor-${theirs}`)).toBe(10);
      const isOver = { code: 'MR_QUERY_STATE' };
      await expect(one(second).get('x')).rejects.toMatchObject(isOver);
      await expect(second.queryMetadataForKey('visits', 'x')).rejects.toMatchObject(isOver);
      expect(() => second.metadataForAllStreamsClients()).toThrow(expect.objectContaining(isOver));
    });

    test('a read under way when the application closes ends with an error, never with half of the rows', async () => {
      const streams = await running();
      await site.ground.feed(input, visits(4_000, { visitors: 4_000 }));
      await processed(4_000, streams);
      const rows = streams.store('visits', QueryableStoreTypes.keyValue(serdes)).all()[Symbol.asyncIterator]();
      await rows.next();
      await streams.close();
      const rest = async (): Promise<number> => {
        let count = 1;
        while ((await rows.next()).done !== true) count++;
        return count;
      };
      await expect(rest()).rejects.toMatchObject({ code: 'MR_QUERY_STORE_MIGRATED' });
    });

    test('what cannot be asked is refused at once', async () => {
      const streams = instance();
      expect(() => streams.store('visitors', QueryableStoreTypes.keyValue())).toThrow(
        expect.objectContaining({
          code: 'MR_QUERY_STORE_UNKNOWN',
          message: expect.stringContaining('visits, in-memory, by-window, by-session'),
        }),
      );
      expect(() => streams.store('visits', QueryableStoreTypes.window())).toThrow(
        expect.objectContaining({ code: 'MR_QUERY_STORE_TYPE', message: expect.stringContaining('timestamped key-value') }),
      );
      expect(() => streams.store('visits', QueryableStoreTypes.keyValue(), { partition: 4.5 })).toThrow(
        expect.objectContaining({ code: 'MR_QUERY_PARTITION' }),
      );
      const store = streams.store('visits', QueryableStoreTypes.keyValue(serdes));
      await expect(store.get('visitor-0')).rejects.toMatchObject({ code: 'MR_QUERY_STATE', message: expect.stringContaining('CREATED') });
      await streams.start();
      await reached(streams, 'RUNNING');
      await expect(store.get(null as never)).rejects.toMatchObject({ code: 'MR_QUERY_KEY_MISSING' });
      const far = streams.store('visits', QueryableStoreTypes.keyValue(serdes), { partition: 4 });
      await expect(far.get('visitor-0')).rejects.toMatchObject({ code: 'MR_QUERY_PARTITION', message: expect.stringContaining('0 to 3') });
    });
  });
}
