/** What an application is told while its stores are restored, on the embedded broker. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type StateRestoreListener } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { describeOnCluster } from './testdata/on-cluster.ts';
import { reached } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

describeOnCluster(
  'a restore listener',
  () => Promise.resolve(embeddedCluster()),
  (site) => {
    test('is told of each store: begin, batches, end with their sum; of one that lacks nothing too', async () => {
      const { ground } = site;
      const input = await ground.topic('in', 2);
      const table = await ground.topic('table', 1);
      const output = await ground.topic('out', 2);
      const builder = new StreamsBuilder();
      const rows = builder.globalTable(table, strings, { name: 'rows' });
      const counts = builder.stream(input, strings).groupByKey(strings).count({ name: 'counts', caching: false });
      counts
        .toStream()
        .join(
          rows,
          (key) => key,
          (count) => count,
        )
        .to(output, { value: Serdes.long() });
      const program = builder.build();
      const run = async (): Promise<string[]> => {
        const told: string[] = [];
        const listener: StateRestoreListener = {
          onRestoreStart: ({ partition }, store, from, to) =>
            void told.push(`start ${store} ${partition} ${to > from}`),
          onBatchRestored: ({ partition }, store, _end, count) =>
            void told.push(`batch ${store} ${partition} ${count}`),
          onRestoreEnd: ({ partition }, store, total) => void told.push(`end ${store} ${partition} ${total}`),
        };
        const streams = ground.application(program, { engines: memoryEngines() });
        streams.setGlobalStateRestoreListener(listener);
        await streams.start();
        expect(() => streams.setGlobalStateRestoreListener(listener)).toThrow(
          expect.objectContaining({ code: 'MR_RUNTIME_STATE' }),
        );
        await reached(streams, 'RUNNING');
        if (told.some((line) => line === 'end counts 0 0')) {
          await ground.feed(input, [1, 2, 3].map(() => ({ partition: 0, key: 'k', value: 'v' }))); // prettier-ignore
          await ground.committed(output, ({ length }) => length >= 3);
        }
        await streams.close();
        return told;
      };
      await ground.feed(table, ['k', 'l'].map((key) => ({ partition: 0, key, value: 'row' }))); // prettier-ignore
      const first = await run();
      expect(first).toEqual(expect.arrayContaining(['start counts 0 false', 'end counts 0 0', 'end counts 1 0']));
      expect(first.slice(0, 3)).toEqual(['start rows 0 true', 'batch rows 0 2', 'end rows 0 2']);

      const counted = (await run()).filter((line) => line.includes('counts 0'));
      expect(counted[0]).toBe('start counts 0 true');
      expect(counted.at(-1)).toBe('end counts 0 3');
      const batches = counted.filter((line) => line.startsWith('batch')).map((line) => Number(line.split(' ')[3]));
      expect(batches.reduce((sum, count) => sum + count, 0)).toBe(3);
    }, 60_000);
  },
);
