/** Copies of tasks, on any cluster: kept on other instances, read within bounds, taken over without restoring. */
import { beforeEach, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { KeyQuery, QueryableStoreTypes, Serdes, type KafkaStreams } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { eventually, reached, until, type ClusterUnderTest } from './playground.ts';
import { visitCounts, visits } from './visits.ts';

const counts = QueryableStoreTypes.keyValue({ key: Serdes.string(), value: Serdes.long() });
const quick = { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 200, transactionTimeoutMs: 2_000 };

export function standbySuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: standby tasks`, makeCluster, (site) => {
    let input: string;

    beforeEach(async () => {
      input = await site.ground.topic('visits', 4);
    });

    function instance(port: number, more: Partial<Parameters<typeof site.ground.application>[1]> = {}): KafkaStreams {
      const config = { numStandbyReplicas: 1, applicationServer: `host-${port}:${port}`, ...quick };
      return site.ground.application(visitCounts(input), { engines: memoryEngines(), config, ...more });
    }

    const active = (streams: KafkaStreams): string[] => streams.metrics().threads.flatMap(({ tasks }) => tasks);
    const standby = (streams: KafkaStreams): string[] =>
      streams.metadataForLocalThreads().flatMap(({ standbyTasks }) => standbyTasks.map(({ taskId }) => taskId));

    async function settled(...instances: readonly KafkaStreams[]): Promise<void> {
      await until(
        () =>
          instances.flatMap(active).length === 4 &&
          instances.every((one) => active(one).length === 4 / instances.length) &&
          instances.flatMap(standby).length === (instances.length > 1 ? 4 : 0),
      );
    }

    /** Resolves when copies of the instance have everything that is committed. */
    async function caughtUp(streams: KafkaStreams): Promise<void> {
      await eventually(
        async () => [...(await streams.allLocalStorePartitionLags()).values()].flatMap((one) => [...one.values()]),
        (lags) => lags.length === 16 && lags.every(({ offsetLag }) => offsetLag === 0),
      );
    }

    const partitionsOf = (tasks: readonly string[]): number[] => tasks.map((task) => Number(task.split('_')[1]));

    test('are kept where the task does not run, told to all, and answer for who allows it', async () => {
      const first = instance(7001);
      await first.start();
      await reached(first, 'RUNNING');
      expect(first.metadataForAllStreamsClients()).toMatchObject([
        { hostInfo: { host: 'host-7001', port: 7001 }, standbyStateStoreNames: [] },
      ]);
      const second = instance(7002);
      await second.start();
      await settled(first, second);
      expect([...standby(first)].sort()).toEqual([...active(second)].sort());
      expect([...standby(second)].sort()).toEqual([...active(first)].sort());
      await site.ground.feed(input, visits(80));
      await until(() => first.metrics().processed + second.metrics().processed === 80);

      for (const streams of [first, second]) {
        const all = streams.metadataForAllStreamsClients();
        expect(all.map(({ hostInfo }) => hostInfo?.port).sort()).toEqual([7001, 7002]);
        expect(streams.streamsMetadataForStore('visits')).toEqual(all);
        for (const { stateStoreNames, standbyStateStoreNames, topicPartitions } of all) {
          expect(stateStoreNames).toEqual(['visits', 'in-memory', 'by-window', 'by-session']);
          expect(standbyStateStoreNames).toEqual(stateStoreNames);
          expect(topicPartitions).toHaveLength(2);
        }
      }
      const [owned] = partitionsOf(active(first)) as [number];
      const by = (): number => owned;
      expect(await second.queryMetadataForKey('visits', 'any', by)).toEqual({
        activeHost: { host: 'host-7001', port: 7001 },
        standbyHosts: [{ host: 'host-7002', port: 7002 }],
        partition: owned,
      });

      const key = `visitor-${owned}`;
      await expect(second.store('visits', counts, { partition: owned }).get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_STORE_NOT_HERE',
      });
      for (const store of ['visits', 'in-memory']) {
        const stale = second.store(store, counts, { enableStaleStores: true, maxStaleness: '10s' });
        await eventually(
          () => stale.all().toArray(),
          (rows) => rows.length === 8 && rows.every(([, count]) => count === 10),
        );
      }
      await caughtUp(second);
      expect(await second.store('visits', counts, { enableStaleStores: true, maxLag: 0 }).get(key)).toBe(10);
      const impossible = second.store('visits', counts, { enableStaleStores: true, maxStaleness: 0, partition: owned });
      await expect(impossible.get(key)).rejects.toMatchObject({
        code: 'MR_QUERY_STALE',
        message: expect.stringMatching(/partition \d of store visits .* behind by \d+ ms; 0 ms are allowed/),
      });

      const query = { store: 'visits', query: KeyQuery.withKey<string, number>(key), partitions: [owned, 9] };
      const { partitionResults, onlyPartitionResult } = await second.query(query);
      expect(onlyPartitionResult).toMatchObject({ isSuccess: true, result: 10 });
      expect(partitionResults.get(9)).toMatchObject({ isSuccess: false, failureReason: 'DOES_NOT_EXIST' });
      expect((await second.query({ ...query, requireActive: true })).partitionResults.get(owned)).toMatchObject({
        failureReason: 'NOT_ACTIVE',
      });
      const bound = { [input]: { [owned]: 19 } };
      expect((await first.query({ ...query, positionBound: bound })).onlyPartitionResult).toMatchObject({
        result: 10,
        position: bound,
      });
      const ofCopy = await eventually(
        () => second.query({ ...query, positionBound: bound }),
        ({ onlyPartitionResult: found }) => found !== undefined,
      );
      expect(ofCopy.onlyPartitionResult).toMatchObject({ result: 10, position: bound });
      const beyond = { [input]: { [owned]: 20 } };
      expect((await second.query({ ...query, positionBound: beyond })).partitionResults.get(owned)).toMatchObject({
        failureReason: 'NOT_UP_TO_BOUND',
      });
    }, 60_000);

    test('take over what a killed instance had without restoring it, and answer until then', async () => {
      const own = site.cluster.newClient();
      const doomed = instance(7001, { client: own });
      await doomed.start();
      await reached(doomed, 'RUNNING');
      const heir = instance(7002);
      await heir.start();
      await settled(doomed, heir);
      await site.ground.feed(input, visits(800));
      await until(() => doomed.metrics().processed + heir.metrics().processed === 800);
      const stale = heir.store('visits', counts, { enableStaleStores: true });
      const isWhole = (rows: readonly (readonly [string, number])[]): boolean =>
        rows.length === 8 && rows.every(([, count]) => count === 100);
      await eventually(() => stale.all().toArray(), isWhole);
      await caughtUp(heir);
      const restored = heir.metrics().restoredRecords;
      const lost = partitionsOf(active(doomed));
      // Nothing of it reaches the cluster any more: as after kill -9.
      await own.close();
      expect(isWhole(await stale.all().toArray())).toBe(true);
      await settled(heir);
      expect(heir.metrics().restoredRecords - restored).toBeLessThan(100);
      await site.ground.feed(input, visits(8, { from: 800 }));
      for (const store of ['visits', 'in-memory']) {
        const view = heir.store(store, counts);
        for (const partition of lost) {
          await eventually(
            () => view.get(`visitor-${partition}`),
            (found) => found === 101,
          );
        }
      }
    }, 60_000);

    test('a third instance takes tasks with their copies along; nothing is counted twice or lost on the way', async () => {
      const instances = [instance(7001), instance(7002)];
      for (const one of instances) await one.start();
      await settled(...instances);
      await site.ground.feed(input, visits(400));
      const third = instance(7003);
      await third.start();
      await until(() => active(third).length > 0);
      await site.ground.feed(input, visits(400, { from: 400 }));
      await third.close();
      await settled(...instances);
      await site.ground.feed(input, visits(8, { from: 800 }));
      for (let visitor = 0; visitor < 8; visitor++) {
        await eventually(
          async () => {
            const each = instances.map((one) => one.store('in-memory', counts).get(`visitor-${visitor}`));
            return (await Promise.all(each)).find((one) => one !== null) ?? null;
          },
          (found) => found === 101,
        );
      }
    }, 60_000);
  });
}
