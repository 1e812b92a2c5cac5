import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { OwnKafka } from './testdata/own-kafka.ts';
import { Playground, reached, until } from './testdata/playground.ts';
import { realCluster } from './testdata/real-cluster.ts';
import { fold, latest, reaches, stale, wordCount, words } from './testdata/word-count.ts';

let broker: OwnKafka;
let ground: Playground;

beforeAll(async () => {
  broker = await OwnKafka.start();
  ground = new Playground(realCluster(broker.address));
}, 60_000);

afterAll(async () => {
  await ground.close();
  await broker.remove();
}, 60_000);

test('a broker that is killed in the middle of transactions costs time and no record; nobody restarts the application', async () => {
  const input = await ground.topic('words', 4);
  const output = await ground.topic('counts', 4);
  const config = { commitIntervalMs: 2_000, transactionTimeoutMs: 5_000, sessionTimeoutMs: 3_000 };
  const streams = ground.application(wordCount({ input, output }), { engines: memoryEngines(), config });
  await streams.start();
  await reached(streams, 'RUNNING');
  const fed = [];
  for (let round = 0; round < 2; round++) {
    const batch = words(1_000, { from: round * 1_000 });
    fed.push(batch);
    const before = streams.metrics();
    await ground.feed(input, batch);
    // Both sub-topologies count: all were re-keyed, and the first of them are in the open transaction.
    await until(() => streams.metrics().processed >= before.processed + 1_000);
    broker.kill();
    await broker.up();
  }
  const wanted = fold(...fed);
  const records = await ground.committed(output, reaches(wanted));
  expect(latest(records)).toEqual(wanted);
  expect(stale(records)).toEqual([]);
  expect(streams.state).not.toBe('ERROR');
  await streams.close();
  expect(streams.state).toBe('NOT_RUNNING');
}, 180_000);
