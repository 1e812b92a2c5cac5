/** Results over several partitions, several instances and crashes at any point are those of a run without. */
import { describe, expect, test } from '@jest/globals';
import { JoinWindows, StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { QueryableStoreTypes } from '@millrace/runtime';
import { Serdes, timeWindowed, type Windowed } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { TopologyTestCluster, type ClusterOptions } from './topology-test-cluster.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const counts = QueryableStoreTypes.keyValue<string, number>();
const windowKeys = { key: timeWindowed(Serdes.string(), 10_000), value: Serdes.long() };
const keys = ['a', 'b', 'c', 'd', 'e'] as const;

function windowedCount(isFinal: boolean): Program {
  const builder = new StreamsBuilder();
  const counts = builder
    .stream('in', strings)
    .groupByKey(strings)
    .windowedBy(TimeWindows.ofSizeAndGrace('10s', '1s'))
    .count({ name: 'counts' });
  (isFinal ? counts.suppress({ until: 'windowCloses' }) : counts).toStream().to('out', windowKeys);
  return builder.build();
}

function join(): Program {
  const builder = new StreamsBuilder();
  const right = builder.stream('right', strings);
  builder
    .stream('in', strings)
    .join(right, (a, b) => `${a}+${b}`, JoinWindows.ofTimeDifferenceAndGrace('5s', '1s'), {
      ...strings,
      otherValue: strings.value,
    })
    .to('out', strings);
  return builder.build();
}

type Hurt = (cluster: TopologyTestCluster, step: number) => void | Promise<void>;

/** Feeds eight rounds, a second of event time each, and closes everything; between rounds the cluster may be hurt. */
async function feed(cluster: TopologyTestCluster, topics: readonly string[], hurt: Hurt): Promise<void> {
  const inputs = topics.map((topic) => cluster.createInputTopic(topic, strings));
  for (let round = 0; round < 8; round++) {
    for (const key of keys)
      for (const [i, input] of inputs.entries()) await input.pipeInput(key, `${round}${i}`, round * 3_000);
    await hurt(cluster, round);
    await cluster.advanceTime('150ms');
  }
  cluster.start(1);
  for (const key of keys) await inputs[0]?.pipeInput(key, 'end', 60_000);
  await cluster.settle();
}

const hurts: readonly (readonly [string, Hurt])[] = [
  ['a kill that is never mended', (cluster, round) => (round === 3 ? cluster.kill(0) : undefined)],
  [
    'kills and starts in turn, disks lost',
    (cluster, round) => {
      cluster.start((round + 1) % 2);
      cluster.kill(round % 2, { disk: 'lost' });
    },
  ],
  ['a crash in the middle of the work of each round', (cluster, round) => crashInside(cluster, round)],
  ['clean stops and starts', (cluster, round) => stopOrStart(cluster, round)],
];

function crashInside(cluster: TopologyTestCluster, round: number): void {
  cluster.crashAt(round % 2, 25 + round * 17, { restartAfter: '300ms', disk: round % 3 === 0 ? 'lost' : 'kept' });
}

async function stopOrStart(cluster: TopologyTestCluster, round: number): Promise<void> {
  if (round % 2 === 0) await cluster.stop(1);
  else cluster.start(1);
}

const options: ClusterOptions = { partitions: 3, instances: 2, config: { statestoreCacheMaxBytes: 0 } };

/** What a run leaves in `out`: all records, sorted, since partitions have no order between them. */
async function results<K, V>(program: Program, topics: readonly string[], serdes: Serdes2<K, V>, hurt: Hurt) {
  const cluster = await TopologyTestCluster.open(program, { ...options, seed: 11 });
  await feed(cluster, topics, hurt);
  const found = cluster.createOutputTopic('out', serdes).readRecordsToList();
  await cluster.close();
  return found.map((record) => JSON.stringify([record.key, record.value, record.timestamp])).sort();
}

type Serdes2<K, V> = Parameters<typeof TopologyTestCluster.prototype.createOutputTopic<K, V>>[1];
const calm: Hurt = () => undefined;

describe.each(hurts)('%s', (_name, hurt) => {
  test('changes no windowed count', async () => {
    const wanted = await results<Windowed<string>, number>(windowedCount(false), ['in'], windowKeys, calm);
    expect(wanted).toHaveLength(45);
    expect(await results(windowedCount(false), ['in'], windowKeys, hurt)).toEqual(wanted);
  });

  test('changes no final result of a window', async () => {
    const wanted = await results(windowedCount(true), ['in'], windowKeys, calm);
    expect(wanted).toHaveLength(15);
    expect(await results(windowedCount(true), ['in'], windowKeys, hurt)).toEqual(wanted);
  });

  test('changes no pair of a join', async () => {
    const wanted = await results(join(), ['in', 'right'], strings, calm);
    expect(wanted.length).toBeGreaterThan(100);
    expect(await results(join(), ['in', 'right'], strings, hurt)).toEqual(wanted);
  });
});

test('the same seed does the same, byte for byte', async () => {
  const hashes: string[] = [];
  for (const seed of [5, 5, 6]) {
    const cluster = await TopologyTestCluster.open(windowedCount(false), { ...options, seed });
    await feed(cluster, ['in'], crashInside);
    hashes.push(cluster.hash);
  }
  expect(hashes[1]).toBe(hashes[0]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

test('an application that fails, and one that cannot go on, tell why', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream('in', strings)
    .mapValues((): string => {
      throw new TypeError('no such thing');
    })
    .to('out', strings);
  const failing = await TopologyTestCluster.open(builder.build(), options);
  await failing.createInputTopic('in', strings).pipeInput('a', 'b');
  await expect(failing.settle()).rejects.toMatchObject({ code: 'MR_RUNTIME_USER_CODE' });
  const still = await TopologyTestCluster.open(windowedCount(false), { ...options, instances: 1 });
  still.kill(0);
  await still.createInputTopic('in', strings).pipeInput('a', 'b');
  await expect(still.settle()).rejects.toMatchObject({ code: 'MR_TEST_CLUSTER_STUCK' });
  expect(() => still.kill(1)).toThrow(expect.objectContaining({ code: 'MR_TEST_INSTANCE_UNKNOWN' }));
});

test.each([1, 2, 3])(
  'a copy answers within its bound when the active one is killed, and what it says is the fold (seed %i)',
  async (seed) => {
    const builder = new StreamsBuilder();
    builder.stream('in', strings).groupByKey(strings).count({ name: 'counts' });
    const config = { ...options.config, numStandbyReplicas: 1 };
    const cluster = await TopologyTestCluster.open(builder.build(), { ...options, config, seed });
    const input = cluster.createInputTopic('in', strings);
    const expected = new Map<string, number>();
    const pipe = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const key = keys[(i * i + seed) % keys.length] as string;
        await input.pipeInput(key, String(i));
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      await cluster.settle();
    };
    const rows = (bounds: object) =>
      cluster.ask(1, async (streams) => new Map(await streams.store('counts', counts, bounds).all().toArray()));
    await pipe(40);
    // Copies are made, and know their lag, within seconds.
    await cluster.advanceTime('5s');
    cluster.kill(0);
    await expect(cluster.ask(0, () => Promise.resolve())).rejects.toMatchObject({ code: 'MR_TEST_INSTANCE_DOWN' });
    await expect(rows({})).resolves.not.toEqual(expected);
    expect(await rows({ enableStaleStores: true, maxLag: 0 })).toEqual(expected);
    expect(await rows({ enableStaleStores: true, maxStaleness: '5s' })).toEqual(expected);
    await expect(rows({ enableStaleStores: true, maxStaleness: 0 })).rejects.toMatchObject({ code: 'MR_QUERY_STALE' });
    await pipe(20);
    expect(await rows({})).toEqual(expected);
    await cluster.close();
  },
);
