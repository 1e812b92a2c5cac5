import { describe, expect, test } from '@jest/globals';
import { silentLogger, type Clock, type Logger } from '@millrace/base';
import { JoinWindows, StreamsBuilder, TimeWindows, type KStream } from '@millrace/dsl';
import type { KafkaClient, NewTopic, PartitionOffset } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { prepareTopics } from './application-topics.ts';
import { parseConfig } from '../settings/config.ts';

interface Topic {
  readonly partitions: number;
  readonly configs?: Readonly<Record<string, string>>;
  /** Time of its first record. */
  readonly oldest?: number;
}

const dayMs = 86_400_000;
const now = 40_000 * dayMs;
const clock = { now: () => now, monotonic: () => 0, sleep: () => Promise.resolve() } as unknown as Clock;
const stock = { 'cleanup.policy': 'delete', 'retention.ms': String(7 * dayMs), 'message.timestamp.type': 'CreateTime' };

/** A cluster that has topics and nothing else. */
function cluster(topics: Record<string, Topic>): KafkaClient & { readonly created: NewTopic[] } {
  const created: NewTopic[] = [];
  const settingsOf = (name: string): Map<string, string> =>
    new Map(
      Object.entries({ ...stock, ...topics[name]?.configs, ...created.find((one) => one.name === name)?.configs }),
    );
  const partitions = (name: string): number | undefined =>
    topics[name]?.partitions ?? created.find((one) => one.name === name)?.partitions;
  return {
    created,
    topics: async (names: readonly string[]) =>
      new Map(
        names
          .filter((name) => partitions(name) !== undefined)
          .map((name) => [name, { name, topicId: name, partitions: new Array(partitions(name) ?? 0) }]),
      ),
    admin: {
      createTopics: async (wanted: readonly NewTopic[]) => {
        created.push(...wanted);
        return wanted.map(({ name }) => name);
      },
      topicConfigs: async (names: readonly string[]) => new Map(names.map((name) => [name, settingsOf(name)])),
      listOffsets: async (wanted: readonly { topic: string; partition: number }[]): Promise<PartitionOffset[]> =>
        wanted.map(({ topic, partition }) => {
          const oldest = partition === 0 ? topics[topic]?.oldest : undefined;
          return { topic, partition, offset: oldest === undefined ? -1 : 0, timestamp: oldest ?? -1 };
        }),
    },
  } as unknown as KafkaClient & { readonly created: NewTopic[] };
}

function counts(sources: readonly string[] = ['in'], ownTimes = false): Program {
  const builder = new StreamsBuilder();
  const timestamp = ownTimes ? { timestamp: () => 0 } : {};
  const counted = builder
    .stream<string, string>([...sources] as never, { key: Serdes.string(), value: Serdes.string(), ...timestamp })
    .groupByKey();
  counted.count({ name: 'all' }).toStream().to('out');
  counted
    .windowedBy(TimeWindows.ofSizeWithNoGrace('10m'))
    .count({ name: 'windows' })
    .toStream()
    .map((at, count) => [at.key, count] as const)
    .to('out');
  return builder.build();
}

type Stream = KStream<string, string>;
const pair = (left: string, right: string): string => left + right;
const near = JoinWindows.ofTimeDifferenceWithNoGrace('1s');

function repartitioned(): Program {
  const builder = new StreamsBuilder();
  const words = builder.stream('in', { key: Serdes.string(), value: Serdes.string() });
  words.repartition({ name: 'by-word' }).to('out');
  return builder.build();
}

function prepare(
  client: KafkaClient,
  program: Program = counts(),
  settings: Record<string, unknown> = {},
  logger: Logger = silentLogger,
): Promise<unknown> {
  const config = parseConfig({ applicationId: 'app', bootstrapServers: 'kafka-1:9092,kafka-2:9092', ...settings });
  return prepareTopics(program, { client, clock, logger, config });
}

describe('topics that do not fit are told before anything runs', () => {
  test('inputs that are missing, all of them, with the command that makes them', async () => {
    await expect(prepare(cluster({ b: { partitions: 1 } }), counts(['a', 'b', 'c']))).rejects.toMatchObject({
      code: 'MR_RUNTIME_SOURCE_TOPIC_MISSING',
      severity: 'user',
      message: expect.stringContaining('a, c'),
      remedy: expect.stringContaining('--create --topic a'),
    });
  });

  test('results that are missing, unless they are to be made: as wide as their inputs and without time limit', async () => {
    const client = cluster({ in: { partitions: 4 } });
    await expect(prepare(client)).rejects.toMatchObject({
      code: 'MR_RUNTIME_SINK_TOPIC_MISSING',
      remedy: expect.stringContaining('topics=create'),
    });
    expect(client.created).toEqual([]);
    await prepare(client, counts(), { topics: 'create' });
    expect(client.created.find(({ name }) => name === 'out')).toMatchObject({
      partitions: 4,
      configs: { 'retention.ms': '-1' },
    });
  });

  test('inputs that meet in one store and are not split alike, with their counts', async () => {
    const client = cluster({ a: { partitions: 4 }, b: { partitions: 3 }, out: { partitions: 1 } });
    await expect(prepare(client, counts(['a', 'b']))).rejects.toMatchObject({
      code: 'MR_RUNTIME_COPARTITION',
      severity: 'user',
      message: expect.stringMatching(/a \(4\), b \(3\)/),
    });
    expect(client.created).toEqual([]);
  });

  test.each<[string, (left: Stream, right: Stream) => Stream, RegExp]>([
    ['two sources', (left, right) => left.join(right, pair, near), /left \(4\), right \(3\)/],
    [
      'a source and a repartition topic with partitions of its own',
      (left, right) => left.repartition({ name: 'own', partitions: 5 }).join(right, pair, near),
      /app-own-repartition \(5\), right \(3\)/,
    ],
    [
      'two repartition topics with partitions of their own',
      (left, right) =>
        left
          .repartition({ name: 'five', partitions: 5 })
          .join(right.repartition({ name: 'six', partitions: 6 }), pair, near),
      /app-five-repartition \(5\), app-six-repartition \(6\)/,
    ],
  ])('sides of a join that are not split alike: %s', async (_name, join, counted) => {
    const client = cluster({ left: { partitions: 4 }, right: { partitions: 3 }, out: { partitions: 1 } });
    const builder = new StreamsBuilder();
    join(builder.stream('left'), builder.stream('right')).to('out');
    await expect(prepare(client, builder.build())).rejects.toMatchObject({
      code: 'MR_RUNTIME_COPARTITION',
      message: expect.stringMatching(counted),
    });
    expect(client.created).toEqual([]);
  });

  test('a repartition topic without a count of its own takes that of the other side', async () => {
    const client = cluster({ left: { partitions: 4 }, right: { partitions: 3 }, out: { partitions: 1 } });
    const builder = new StreamsBuilder();
    const left: Stream = builder.stream('left');
    left
      .selectKey((_key, value) => value, { name: 'by-value' })
      .join(builder.stream<string, string>('right'), pair, near)
      .to('out');
    await prepare(client, builder.build());
    expect(client.created.find(({ name }) => name === 'app-by-value-repartition')?.partitions).toBe(3);
  });

  test('an internal topic that is there already with another number of partitions', async () => {
    const topics = { in: { partitions: 4 }, out: { partitions: 1 }, 'app-all-changelog': { partitions: 3 } };
    await expect(prepare(cluster(topics))).rejects.toMatchObject({
      code: 'MR_RUNTIME_INTERNAL_TOPIC_PARTITIONS',
      severity: 'user',
      message: expect.stringMatching(/app-all-changelog has 3 partitions.* needs 4/),
    });
  });
});

describe('the topic of dead letters', () => {
  const settings = { deserializationExceptionHandler: 'dead-letter', errorsDeadLetterQueueTopicName: 'dead' };

  test('is a result: it must be there or is made, with one partition', async () => {
    const client = cluster({ in: { partitions: 4 }, out: { partitions: 1 } });
    await expect(prepare(client, counts(), settings)).rejects.toMatchObject({
      code: 'MR_RUNTIME_SINK_TOPIC_MISSING',
      message: expect.stringContaining('dead'),
    });
    await prepare(client, counts(), { ...settings, topics: 'create' });
    expect(client.created.find(({ name }) => name === 'dead')).toMatchObject({ partitions: 1 });
  });

  test('may not be an input', async () => {
    const client = cluster({ dead: { partitions: 4 }, out: { partitions: 1 } });
    await expect(prepare(client, counts(['dead']), settings)).rejects.toMatchObject({
      code: 'MR_RUNTIME_DEAD_LETTER_LOOP',
    });
  });
});

describe('topics that lose records by their event time', () => {
  interface Line {
    readonly topic: string;
    readonly command: string;
    readonly deletedAfterHours?: number;
    readonly policy?: string;
    readonly oldestRecord?: string;
  }

  async function warnings(topics: Record<string, Topic>, program = counts()): Promise<Line[]> {
    const lines: Line[] = [];
    const logger: Logger = { log: (level, _text, fields) => void (level === 'warn' && lines.push(fields as never)) };
    await prepare(cluster(topics), program, {}, logger);
    return lines;
  }

  const names = (lines: readonly Line[]): string[] => lines.map(({ topic }) => topic);

  test('an input and a result that delete what is older than what is read, with the command that mends it', async () => {
    const lines = await warnings({ in: { partitions: 2, oldest: now - 8 * dayMs }, out: { partitions: 1 } });
    expect(names(lines)).toEqual(['in', 'out']);
    expect(lines[0]).toEqual({
      topic: 'in',
      deletedAfterHours: 168,
      oldestRecord: new Date(now - 8 * dayMs).toISOString(),
      command:
        'kafka-configs.sh --bootstrap-server kafka-1:9092,kafka-2:9092 --alter --entity-type topics --entity-name in --add-config retention.ms=-1',
    });
  });

  test('none of them when everything is newer, when they keep everything, or when the broker stamps the time', async () => {
    expect(await warnings({ in: { partitions: 2, oldest: now - 6 * dayMs }, out: { partitions: 1 } })).toEqual([]);
    expect(await warnings({ in: { partitions: 2 }, out: { partitions: 1 } })).toEqual([]);
    const forever = { 'retention.ms': '-1' };
    const stamped = { 'message.timestamp.type': 'LogAppendTime' };
    const kept = { in: { partitions: 2, oldest: 0, configs: forever }, out: { partitions: 1, configs: stamped } };
    expect(await warnings(kept)).toEqual([]);
  });

  test('results when event times come out of values: nobody knows how old they will be', async () => {
    const lines = await warnings({ in: { partitions: 2, oldest: now }, out: { partitions: 1 } }, counts(['in'], true));
    expect(names(lines)).toEqual(['out']);
    expect(lines[0]).not.toHaveProperty('oldestRecord');
  });

  test('internal topics that somebody made: a table by its policy, windows by their retention', async () => {
    const lines = await warnings({
      in: { partitions: 1, oldest: now - 3 * dayMs },
      out: { partitions: 1 },
      'app-all-changelog': { partitions: 1, configs: stock },
      'app-windows-changelog': {
        partitions: 1,
        configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': String(dayMs) },
      },
    });
    expect(names(lines)).toEqual(['app-windows-changelog', 'app-all-changelog']);
    expect(lines[0]?.command).toMatch(/app-windows-changelog --add-config retention\.ms=-1$/);
    expect(lines[1]?.command).toMatch(/app-all-changelog --add-config cleanup\.policy=compact$/);
  });

  test.each([
    ['app-all-changelog', 'delete', 'cleanup.policy=compact'],
    ['app-all-changelog', 'compact,delete', 'cleanup.policy=compact'],
    ['app-by-word-repartition', 'compact', 'cleanup.policy=delete,retention.ms=-1'],
    ['app-by-word-repartition', 'delete,compact', 'cleanup.policy=delete,retention.ms=-1'],
  ])('%s with cleanup.policy=%s, whatever its retention', async (name, policy, mend) => {
    const configs = { 'cleanup.policy': policy, 'retention.ms': '-1' };
    const topics = { in: { partitions: 1 }, out: { partitions: 1 }, [name]: { partitions: 1, configs } };
    const lines = await warnings(topics, name.endsWith('repartition') ? repartitioned() : counts());
    expect(lines).toEqual([
      { topic: name, policy, command: expect.stringMatching(`entity-name ${name} --add-config ${mend}$`) },
    ]);
  });

  test('what Millrace makes keeps everything', async () => {
    expect(
      await warnings({
        in: { partitions: 1, oldest: 0, configs: { 'retention.ms': '-1' } },
        out: { partitions: 1, configs: { 'retention.ms': '-1' } },
      }),
    ).toEqual([]);
  });

  test('a cluster that does not tell is no reason to stop', async () => {
    const client = cluster({ in: { partitions: 1 }, out: { partitions: 1 } });
    client.admin.topicConfigs = () => Promise.reject(new TypeError('not allowed'));
    await expect(prepare(client)).resolves.toBeDefined();
  });
});
