import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StateEngines } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import {
  Serdes,
  Stores,
  StreamsBuilder,
  Topology,
  type KafkaStreams,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ProcessorRecord,
  type Program,
} from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, reached, until, type ClusterUnderTest, type Found, type Given } from './testdata/playground.ts';
import { WatchedEngines } from './testdata/watched-engines.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

let cluster: ClusterUnderTest;
let ground: Playground;
let teams: string;
let output: string;

beforeEach(async () => {
  cluster = embeddedCluster();
  ground = new Playground(cluster);
  teams = await ground.topic('teams', 1);
  output = await ground.topic('sizes', 1);
});

afterEach(async () => {
  await ground.close();
  await cluster.close();
});

/** How many players each team has: each change needs the team that the player was in before. */
function teamSizes(): Program {
  const builder = new StreamsBuilder();
  builder
    .table(teams, strings, { name: 'teams' })
    .groupBy((player, team) => [team, player], strings)
    .count({ name: 'sizes' })
    .toStream()
    .to(output, { key: Serdes.string(), value: Serdes.long() });
  return builder.build({ topologyOptimization: ['reuse.ktable.source.topics'] });
}

async function started(program: Program, engines: StateEngines): Promise<KafkaStreams> {
  const streams = ground.application(program, { engines, config: { commitIntervalMs: 20 } });
  await streams.start();
  await reached(streams, 'RUNNING');
  return streams;
}

const player = (key: string, value: string | null): Given => ({ partition: 0, key, value, timestamp: 0 });

/** Waits until the last sizes of the teams are these. */
async function expectSizes(wanted: Readonly<Record<string, number>>): Promise<void> {
  const sizesOf = (records: readonly Found[]): Record<string, number> =>
    Object.fromEntries(records.map(({ key, value }) => [key, Number(value?.readBigInt64BE() ?? -1n)]));
  const isThere = (records: readonly Found[]): boolean => {
    const found = sizesOf(records);
    return Object.entries(wanted).every(([team, size]) => found[team] === size);
  };
  expect(sizesOf(await ground.committed(output, isThere))).toEqual(wanted);
}

test('a table whose topic is its changelog is restored as far as it was processed, deletions too', async () => {
  await ground.feed(teams, [player('ann', 'red'), player('bob', 'red'), player('cid', 'blue')]);
  const first = await started(teamSizes(), memoryEngines());
  await expectSizes({ red: 2, blue: 1 });
  await ground.feed(teams, [player('cid', null), player('dan', 'red')]);
  await expectSizes({ red: 3, blue: 0 });
  await first.close();
  const names = await ground.client.listTopics();
  expect(names.filter((name) => name.startsWith(ground.applicationId)).sort()).toEqual([
    `${ground.applicationId}-sizes-changelog`,
    `${ground.applicationId}-sizes-repartition`,
  ]);

  // While nobody is there: what was not processed must not be taken for what was.
  await ground.feed(teams, [player('ann', 'blue'), player('cid', 'green'), player('bob', null)]);
  const second = await started(teamSizes(), memoryEngines());
  await expectSizes({ red: 1, blue: 1, green: 1 });
  // 5 rows of players, 5 changes of sizes at most.
  expect(second.metrics().restoredRecords).toBeGreaterThanOrEqual(7);
  await second.close();
});

test('the position in the topic is kept with the rows: a clean restart restores nothing', async () => {
  const engines = memoryEngines();
  await ground.feed(teams, [player('ann', 'red'), player('bob', 'red')]);
  const first = await started(teamSizes(), engines);
  await expectSizes({ red: 2 });
  await first.close();
  const second = await started(teamSizes(), engines);
  expect(second.metrics().restoredRecords).toBe(0);
  await ground.feed(teams, [player('ann', 'blue')]);
  await expectSizes({ red: 1, blue: 1 });
});

test('after a crash the rows of a dead instance are read from the topic by the one that takes over', async () => {
  const watched = new WatchedEngines();
  await ground.feed(teams, [player('ann', 'red'), player('bob', 'red')]);
  const first = await started(teamSizes(), watched.engines);
  await expectSizes({ red: 2 });
  // Cut off in the middle: it neither commits nor leaves.
  await first.close({ timeoutMs: 0 });
  await ground.feed(teams, [player('ann', 'blue')]);
  await started(teamSizes(), memoryEngines());
  await expectSizes({ red: 1, blue: 1 });
});

/** Fills its store with what comes. */
class Fill implements Processor<string, string> {
  #store: KeyValueStore<string, string> | undefined;

  init(context: ProcessorContext<never, never>): void {
    this.#store = context.getStateStore('teams');
  }

  process({ key, value }: ProcessorRecord<string, string>): void {
    this.#store?.put(key, value);
  }
}

class Look implements Processor<string, string, string, string> {
  #context: ProcessorContext<string, string> | undefined;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
  }

  process(record: ProcessorRecord<string, string>): void {
    const found = this.#context?.getStateStore<KeyValueStore<string, string>>('teams').get(record.key);
    this.#context?.forward(record.withValue(found ?? 'none'));
  }
}

test('a read-only store is restored from its topic, without a changelog (KIP-813)', async () => {
  const questions = await ground.topic('questions', 1);
  const program = (): Program =>
    new Topology()
      .addReadOnlyStateStore(
        Stores.keyValueStore({ name: 'teams', ...strings }),
        { topic: teams, source: 'teams-source', processor: 'fill', ...strings },
        () => new Fill(),
      )
      .addSource('questions', questions, strings)
      .addProcessor('look', () => new Look(), { parents: 'questions' })
      .connectProcessorAndStateStores('look', 'teams')
      .addSink('answers', output, { parents: 'look', ...strings })
      .build();
  const ask = async (key: string, count: number): Promise<string> => {
    await ground.feed(questions, [player(key, '?')]);
    return String((await ground.committed(output, (found) => found.length >= count)).at(-1)?.value);
  };
  await ground.feed(teams, [player('ann', 'red'), player('bob', 'blue'), player('bob', null)]);
  const first = await started(program(), memoryEngines());
  await until(() => first.metrics().processed >= 3);
  expect(await ask('ann', 1)).toBe('red');
  await first.close();
  const second = await started(program(), memoryEngines());
  expect(second.metrics().restoredRecords).toBe(3);
  expect(await ask('ann', 2)).toBe('red');
  expect(await ask('bob', 3)).toBe('none');
  expect((await ground.client.listTopics()).filter((name) => name.startsWith(ground.applicationId))).toEqual([]);
});
