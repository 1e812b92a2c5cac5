import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, until } from './testdata/playground.ts';
import { fold, latest, reaches, stale, wordCount, words } from './testdata/word-count.ts';

test.each([
  ['keeps', false],
  ['forgets', true],
])(
  'a broker that restarts again and again while records flow and %s its markers: all are counted once',
  async (_, forgetsMarkers) => {
    const cluster = embeddedCluster({ forgetsMarkers });
    const ground = new Playground(cluster);
    const input = await ground.topic('words', 4);
    const output = await ground.topic('counts', 4);
    const config = { commitIntervalMs: 20 };
    const streams = ground.application(wordCount({ input, output }), { engines: memoryEngines(), config });
    await streams.start();
    const fed = [];
    for (let round = 0; round < 20; round++) {
      const batch = words(50, { from: round * 50 });
      fed.push(batch);
      await ground.feed(input, batch);
      // Some of the batch is in the open transaction, how much is different each time.
      const before = streams.metrics().processed;
      await until(() => streams.metrics().processed > before + 2 * round);
      cluster.broker.restart();
    }
    const wanted = fold(...fed);
    const records = await ground.committed(output, reaches(wanted));
    expect(latest(records)).toEqual(wanted);
    expect(stale(records)).toEqual([]);
    await ground.close();
    await cluster.close();
  },
);
