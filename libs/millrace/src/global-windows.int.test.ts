/** Global stores of windows and sessions, on disk: filled by their processors, read by others and by queries, kept over a restart. */
import { expect, test } from '@jest/globals';
import { levelEngines } from '@millrace/store-level';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  QueryableStoreTypes,
  Serdes,
  Stores,
  StreamsBuilder,
  type KafkaStreams,
  type ProcessorContext,
  type Program,
  type SessionStore,
  type TimestampedWindowStore,
} from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, reached, until } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const visits = Stores.timestampedWindowStore({ name: 'visits', retention: '1h', windowSize: '10s', ...strings });
const stays = Stores.sessionStore({ name: 'stays', retention: '1h', ...strings });

interface Topics {
  readonly visited: string;
  readonly stayed: string;
  readonly asked: string;
  readonly answers: string;
}

function program({ visited, stayed, asked, answers }: Topics): Program {
  const builder = new StreamsBuilder();
  builder.addGlobalStore(visits, visited, strings, () => {
    let store: TimestampedWindowStore<string, string>;
    return {
      init: (context) => void (store = context.getStateStore(visits)),
      process: ({ key, value, timestamp }) => store.put(key, { value, timestamp }, timestamp - (timestamp % 10_000)),
    };
  });
  builder.addGlobalStore(stays, stayed, strings, () => {
    let store: SessionStore<string, string>;
    return {
      init: (context) => void (store = context.getStateStore(stays)),
      process: ({ key, value, timestamp }) =>
        store.put({ key, window: { start: timestamp, end: timestamp + 5 } }, value),
    };
  });
  builder
    .stream(asked, strings)
    .process<string, string>(() => {
      let context: ProcessorContext<string, string>;
      return {
        init: (given) => void (context = given),
        process: (record) => context.forward(record.withValue(`${record.value}: ${known(context, record.key)}`)),
      };
    })
    .to(answers, strings);
  return builder.build();
}

/** All rows of a key, as text. */
function known(context: ProcessorContext<string, string>, key: string): string {
  const windows = [...context.getStateStore(visits).fetchRange(key, 0, 60_000)];
  const sessions = [...context.getStateStore(stays).fetch(key)];
  return [
    ...windows.map(([start, { value, timestamp }]) => `${value} at ${timestamp} in ${start}`),
    ...sessions.map(([{ window }, value]) => `${value} in ${window.start}-${window.end}`),
  ].join(', ');
}

async function queried(streams: KafkaStreams): Promise<unknown[]> {
  const windows = streams.store('visits', QueryableStoreTypes.timestampedWindow(strings));
  const sessions = streams.store('stays', QueryableStoreTypes.session(strings));
  const found: unknown[] = [];
  for await (const [start, { value }] of windows.fetch('a', 0, 60_000)) found.push([start, value]);
  for await (const [{ window }, value] of sessions.fetch('a')) found.push([window.start, value]);
  return found;
}

test('global stores of windows and sessions are read by processors and queries, and kept over a restart', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'millrace-'));
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const topics = {
    visited: await ground.topic('visited', 2),
    stayed: await ground.topic('stayed', 1),
    asked: await ground.topic('asked', 1),
    answers: await ground.topic('answers', 1),
  };
  const started = async (): Promise<KafkaStreams> => {
    const engines = await levelEngines({ directory });
    const streams = ground.application(program(topics), { engines, config: { commitIntervalMs: 20 } });
    await streams.start();
    await reached(streams, 'RUNNING');
    return streams;
  };
  const answer = async (n: number): Promise<string | undefined> => {
    await ground.feed(topics.asked, [{ partition: 0, key: 'a', value: `${n}`, timestamp: 7 }]);
    const found = await ground.committed(topics.answers, (records) => records.length >= n);
    return found[n - 1]?.value?.toString();
  };
  const visit = { partition: 1, key: 'a', value: 'v1', timestamp: 1_000 };
  await ground.feed(topics.visited, [visit, { ...visit, partition: 0, key: 'b' }]);
  await ground.feed(topics.stayed, [{ partition: 0, key: 'a', value: 's1', timestamp: 2_000 }]);
  try {
    const first = await started();
    expect(await answer(1)).toBe('1: v1 at 1000 in 0, s1 in 2000-2005');
    await ground.feed(topics.visited, [{ ...visit, value: 'v2', timestamp: 12_000 }]);
    await ground.feed(topics.stayed, [{ partition: 0, key: 'a', value: 's2', timestamp: 3_000 }]);
    await until(() => first.metrics().globalRecords === 5);
    const all = 'v1 at 1000 in 0, v2 at 12000 in 10000, s1 in 2000-2005, s2 in 3000-3005';
    expect(await answer(2)).toBe(`2: ${all}`);
    const rows = [
      [0, 'v1'],
      [10_000, 'v2'],
      [2_000, 's1'],
      [3_000, 's2'],
    ];
    expect(await queried(first)).toEqual(rows);
    await first.close();

    // What is on disk is not read from the topics again.
    const second = await started();
    expect(second.metrics().globalRecords).toBe(0);
    expect(await answer(3)).toBe(`3: ${all}`);
    expect(await queried(second)).toEqual(rows);
    await ground.feed(topics.visited, [{ ...visit, value: 'v3', timestamp: 13_000 }]);
    await until(() => second.metrics().globalRecords === 1);
    expect(await answer(4)).toBe(`4: ${all.replace('v2 at 12000', 'v3 at 13000')}`);
    await second.close();
  } finally {
    await ground.close();
    await cluster.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
