/** Several instances of an application on any cluster: they share the tasks, and what they count together is what was fed. */
import { beforeEach, expect, test } from '@jest/globals';
import type { KafkaStreams } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { Lines, reached, until, type ClusterUnderTest, type Given } from './playground.ts';
import { WatchedEngines } from './watched-engines.ts';
import { fold, latest, reaches, stale, wordCount, words } from './word-count.ts';

interface Instance {
  readonly streams: KafkaStreams;
  readonly stores: WatchedEngines;
  readonly lines: Lines;
}

const tasksOf = ({ streams }: Instance): readonly string[] =>
  streams
    .metrics()
    .threads.flatMap(({ tasks }) => tasks)
    .sort();

export function scaleSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: instances of an application`, makeCluster, (site) => {
    let input: string;
    let output: string;
    let fed: Given[];

    beforeEach(async () => {
      input = await site.ground.topic('words', 4);
      output = await site.ground.topic('counts', 4);
      fed = [];
    });

    function instance(config: Record<string, unknown> = {}, stores = new WatchedEngines()): Instance {
      const lines = new Lines();
      const streams = site.ground.application(wordCount({ input, output }), { engines: stores.engines, logger: lines, config });
      return { streams, stores, lines };
    }

    async function feed(count = 300): Promise<void> {
      const more = words(count, { from: fed.length });
      fed.push(...more);
      await site.ground.feed(input, more);
    }

    async function expectCounts(): Promise<void> {
      const wanted = fold(fed);
      const records = await site.ground.committed(output, reaches(wanted));
      expect(latest(records)).toEqual(wanted);
      expect(stale(records)).toEqual([]);
    }

    /** All eight tasks run, each once, and every instance has its share. */
    async function balanced(...instances: readonly Instance[]): Promise<void> {
      const share = Math.floor(8 / instances.length);
      await until(() => {
        const tasks = instances.map(tasksOf);
        return tasks.flat().length === 8 && tasks.every((own) => own.length >= share);
      });
      expect(new Set(instances.flatMap(tasksOf)).size).toBe(8);
    }

    test('share the tasks as they come and go; what stays is never stopped, state follows its partition', async () => {
      const first = instance();
      await first.streams.start();
      await balanced(first);
      await feed();
      await expectCounts();
      first.stores.take();

      const second = instance();
      await second.streams.start();
      await feed();
      await balanced(first, second);
      const moved = tasksOf(second);
      expect([...first.stores.take()].sort()).toEqual(moved.map((task) => `-${task}`));
      expect(second.streams.metrics().restoredRecords).toBeGreaterThan(0);
      await expectCounts();

      const third = instance();
      await third.streams.start();
      await feed();
      await balanced(first, second, third);
      second.stores.take();
      first.stores.take();
      const kept = [tasksOf(first), tasksOf(second)];
      await feed();
      await third.streams.close();
      await balanced(first, second);
      await feed();
      await expectCounts();
      for (const [i, { stores }] of [first, second].entries()) {
        const stopped = stores.take().filter((event) => event.startsWith('-'));
        expect(stopped).toEqual([]);
        expect(tasksOf([first, second][i] as Instance)).toEqual(expect.arrayContaining(kept[i] as string[]));
      }

      await first.streams.close();
      await balanced(second);
      await feed();
      await expectCounts();
    }, 60_000);

    test('with several stream threads each are members of their own; a thread’s work is shared like an instance’s', async () => {
      const first = instance({ numStreamThreads: 2 });
      await first.streams.start();
      await balanced(first);
      await until(() => first.streams.metrics().threads.every(({ tasks }) => tasks.length === 4));
      await feed();
      const second = instance({ numStreamThreads: 2 });
      await second.streams.start();
      await balanced(first, second);
      await until(() =>
        [first, second].every(({ streams }) => streams.metrics().threads.every(({ tasks }) => tasks.length === 2)),
      );
      await feed();
      await first.streams.close();
      await feed();
      await expectCounts();
    }, 60_000);

    test('one that dies without a word is replaced when its session is over', async () => {
      const own = site.cluster.newClient();
      const lines = new Lines();
      const doomed = site.ground.application(wordCount({ input, output }), {
        engines: new WatchedEngines().engines,
        logger: lines,
        client: own,
        config: { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 200, transactionTimeoutMs: 2_000 },
      });
      await doomed.start();
      await reached(doomed, 'RUNNING');
      await feed();
      const heir = instance({ sessionTimeoutMs: 1_000, heartbeatIntervalMs: 200, transactionTimeoutMs: 2_000 });
      await heir.streams.start();
      await until(() => tasksOf(heir).length === 4);
      await feed();
      // Nothing of it reaches the cluster any more: as after kill -9, its transaction stays open.
      await own.close();
      await feed();
      await balanced(heir);
      await expectCounts();
    }, 60_000);

    test('a static member that restarts within its session moves no task', async () => {
      const first = instance({ groupInstanceId: 'one', sessionTimeoutMs: 20_000 });
      const second = instance({ groupInstanceId: 'two', sessionTimeoutMs: 20_000 });
      await first.streams.start();
      await second.streams.start();
      await balanced(first, second);
      await feed();
      await expectCounts();
      const own = tasksOf(first);
      second.stores.take();
      second.lines.all.length = 0;

      await first.streams.close();
      const again = instance({ groupInstanceId: 'one', sessionTimeoutMs: 20_000 }, first.stores);
      await feed();
      await again.streams.start();
      await until(() => tasksOf(again).length === 4);
      expect(tasksOf(again)).toEqual(own);
      await feed();
      await expectCounts();
      expect(second.stores.take()).toEqual([]);
      expect(second.lines.all.filter(({ text }) => text === 'Tasks are assigned.')).toEqual([]);
      expect(again.streams.metrics().restoredRecords).toBe(0);
    }, 60_000);
  });
}
