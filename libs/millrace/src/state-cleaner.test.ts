/** Local state of tasks that moved away, on the embedded broker. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { QueryableStoreTypes, Serdes, type KafkaStreams } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { describeOnCluster } from './testdata/on-cluster.ts';
import { eventually, reached, until } from './testdata/playground.ts';
import { visitCounts, visits } from './testdata/visits.ts';

const counts = QueryableStoreTypes.keyValue({ key: Serdes.string(), value: Serdes.long() });
const tasksOf = (streams: KafkaStreams): string[] => streams.metrics().threads.flatMap(({ tasks }) => tasks);

describeOnCluster(
  'local state of tasks',
  () => Promise.resolve(embeddedCluster()),
  (site) => {
    test('is deleted after a while when they moved away, and restored when they come back', async () => {
      const input = await site.ground.topic('visits', 4);
      const engines = memoryEngines();
      const config = { commitIntervalMs: 20, stateCleanupDelayMs: 20 };
      const first = site.ground.application(visitCounts(input), { engines, config });
      await first.start();
      await reached(first, 'RUNNING');
      await site.ground.feed(input, visits(80));
      await until(() => first.metrics().processed === 80);
      const stored = async (): Promise<string[]> =>
        (await engines.list()).filter((name) => /^\d+_\d+$/.test(name)).sort();
      await eventually(stored, ({ length }) => length === 4);

      const second = site.ground.application(visitCounts(input), { engines: memoryEngines(), config });
      await second.start();
      await until(() => tasksOf(first).length === 2 && tasksOf(second).length === 2);
      expect(await eventually(stored, ({ length }) => length < 4)).not.toEqual(expect.arrayContaining(tasksOf(second)));
      await eventually(stored, (names) => names.join() === tasksOf(first).sort().join());

      await second.close();
      await until(() => tasksOf(first).length === 4);
      const rows = await eventually(
        () => first.store('visits', counts).all().toArray(),
        ({ length }) => length === 8,
      );
      expect(rows.map(([, count]) => count)).toEqual(Array(8).fill(10));
    }, 60_000);
  },
);
