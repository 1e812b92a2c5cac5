/** What a copy knows and tells of itself: its position, whatever it is kept from, and how it is updated. On the embedded broker. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import {
  KeyQuery,
  Serdes,
  StreamsBuilder,
  type KafkaStreams,
  type Program,
  type StandbyUpdateListener,
} from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { describeOnCluster } from './testdata/on-cluster.ts';
import { eventually, reached, until } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

describeOnCluster(
  'a copy',
  () => Promise.resolve(embeddedCluster()),
  (site) => {
    async function pair(
      program: Program,
      listener: StandbyUpdateListener = {},
    ): Promise<{ active: KafkaStreams; keeper: KafkaStreams }> {
      const config = { numStandbyReplicas: 1, commitIntervalMs: 20, sessionTimeoutMs: 1_000, heartbeatIntervalMs: 200 };
      const [active, keeper] = ([1, 2] as const).map((n) =>
        site.ground.application(program, {
          engines: memoryEngines(),
          config: { ...config, applicationServer: `host-${n}:${7000 + n}` },
        }),
      ) as [KafkaStreams, KafkaStreams];
      await active.start();
      await reached(active, 'RUNNING');
      keeper.setStandbyUpdateListener(listener);
      await keeper.start();
      await until(() => keeper.metadataForLocalThreads().some(({ standbyTasks }) => standbyTasks.length === 1));
      return { active, keeper };
    }

    const counts = (input: string): Program => {
      const builder = new StreamsBuilder();
      builder.stream(input, strings).groupByKey(strings).count({ name: 'rows' });
      return builder.build();
    };

    const table = (input: string): Program => {
      const builder = new StreamsBuilder();
      builder
        .table(input, strings, { name: 'rows' })
        .toStream()
        .foreach(() => undefined);
      return builder.build({ topologyOptimization: 'all' });
    };

    test.each([
      ['of its changelog', counts, 3],
      ['of the topic that is its changelog', table, 'c'],
    ] as const)(
      '%s has a position, and answers who asks for no more than that',
      async (_from, program, expected) => {
        const input = await site.ground.topic('in', 1);
        const { active, keeper } = await pair(program(input));
        const fed = ['a', 'b', 'c'].map((value) => ({ partition: 0, key: 'k', value }));
        await site.ground.feed(input, fed);
        await until(() => active.metrics().processed === 3);
        const ask = async (offset: number) => {
          const query = KeyQuery.withKey<string, unknown>('k');
          const request = { store: 'rows', query, positionBound: { [input]: { 0: offset } } };
          return (await keeper.query(request)).partitionResults.get(0);
        };
        const answer = await eventually(
          () => ask(2),
          (found) => found?.isSuccess === true,
        );
        expect(answer).toMatchObject({ result: expected, position: { [input]: { 0: 2 } } });
        expect(await ask(3)).toMatchObject({ isSuccess: false, failureReason: 'NOT_UP_TO_BOUND' });
        expect((await keeper.allLocalStorePartitionLags()).get('rows')?.get(0)?.offsetLag).toBe(0);
      },
      60_000,
    );

    test('of an input that is its changelog has what was processed of it, no more', async () => {
      const input = await site.ground.topic('in', 1);
      const { active, keeper } = await pair(table(input));
      const ask = async () => {
        const { partitionResults } = await keeper.query({
          store: 'rows',
          query: KeyQuery.withKey<string, string>('k'),
        });
        const answer = partitionResults.get(0);
        return answer?.isSuccess === true ? answer.result : undefined;
      };
      await site.ground.feed(input, [{ partition: 0, key: 'k', value: 'a' }]);
      await eventually(ask, (found) => found === 'a');
      active.pause();
      await site.ground.feed(input, [{ partition: 0, key: 'k', value: 'b' }]);
      const lag = async () => (await keeper.allLocalStorePartitionLags()).get('rows')?.get(0)?.offsetLag;
      await eventually(lag, (found) => found === 1);
      expect(await ask()).toBe('a');
      active.resume();
      await eventually(ask, (found) => found === 'b');
    }, 60_000);

    test('tells how it is updated, until its task runs here; what the listener throws does no harm', async () => {
      const told: string[] = [];
      const input = await site.ground.topic('in', 1);
      const { active, keeper } = await pair(counts(input), {
        onUpdateStart: ({ partition }, store, offset) => void told.push(`start ${store} ${partition} ${offset}`),
        onBatchLoaded: (_from, store, task, last, count, end) => {
          told.push(`batch ${store} ${task} ${last} ${count} ${end > last}`);
          throw new Error('of the listener');
        },
        onUpdateSuspended: ({ topic }, store, last, end, reason) =>
          void told.push(`end ${topic.endsWith('-rows-changelog')} ${store} ${last >= 0} ${end > last} ${reason}`),
      });
      expect(() => keeper.setStandbyUpdateListener({})).toThrow(expect.objectContaining({ code: 'MR_RUNTIME_STATE' }));
      await site.ground.feed(input, [{ partition: 0, key: 'k', value: 'a' }]);
      await until(() => told.length >= 2);
      await active.close();
      await until(() => keeper.metrics().threads.some(({ tasks }) => tasks.length === 1));
      expect(told[0]).toBe('start rows 0 0');
      expect(told[1]).toBe('batch rows 0_0 0 1 true');
      expect(told.at(-1)).toBe('end true rows true true PROMOTED');
    }, 60_000);
  },
);
