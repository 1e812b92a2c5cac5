import { describe as group, expect, test } from '@jest/globals';
import { Serdes } from '@millrace/serde';
import { describe, internalTopics } from '@millrace/topology';
import { readFileSync } from 'node:fs';
import { StreamsBuilder, TimeWindows } from './index.ts';

interface Case {
  readonly expected: {
    readonly describe: string;
    readonly internalTopics: readonly {
      readonly name: string;
      readonly kind: string;
      readonly config: Record<string, string>;
    }[];
  };
}

/** Recorded from Kafka Streams 4.3.1. */
function golden(name: string): Case['expected'] {
  return (JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8')) as Case).expected;
}

const long = Serdes.long();
const programs: Readonly<Record<string, (builder: StreamsBuilder) => void>> = {
  'naming-count-as': (builder) => void builder.stream('in').groupByKey().count({ name: 'c' }),
  'naming-count': (builder) => void builder.stream('in').groupByKey().count(),
  'naming-count-with': (builder) =>
    void builder
      .stream('in')
      .groupByKey()
      .count({ key: Serdes.string() as never, value: long }),
  'naming-groupby-named-count-as': (builder) =>
    void builder
      .stream('in')
      .groupBy((_key, value) => value, { name: 'g' })
      .count({ name: 'c' }),
  'repartition-multi-subtopology': (builder) => {
    builder.stream('zz').to('zout');
    builder
      .stream('in')
      .groupBy((_key, value) => value)
      .count()
      .toStream()
      .groupBy(() => 'all')
      .reduce((sum, value) => sum + value)
      .toStream()
      .to('out');
  },
};

group('names, describe() and internal topics are those of the JVM library:', () => {
  test.each(Object.entries(programs))('%s', (name, build) => {
    const builder = new StreamsBuilder();
    build(builder);
    const { topology } = builder.build();
    const expected = golden(name);
    expect(describe(topology)).toBe(expected.describe);
    const sources = new Map(['in', 'zz'].map((topic) => [topic, 1]));
    const topics = internalTopics(topology, { applicationId: 'app', sourcePartitions: sources }).topics;
    const shown = topics.map(({ name: topic, kind, configs }) => ({ name: topic, kind, config: configs }));
    expect(shown).toEqual(
      expect.arrayContaining(
        expected.internalTopics.map(({ name: topic, kind, config }) => ({ name: topic, kind, config })),
      ),
    );
    expect(shown).toHaveLength(expected.internalTopics.length);
  });
});

test('aggregations on one named group share its repartition topic', () => {
  const builder = new StreamsBuilder();
  const grouped = builder
    .stream<string, string>('in')
    .groupBy((_key, value) => value, { name: 'tags', key: Serdes.string() });
  grouped.count({ name: 'all' });
  grouped.windowedBy(TimeWindows.ofSizeAndGrace('10m', '1m')).count({ name: 'windows' });
  const { topology } = builder.build();
  expect(topology.repartitionTopics).toEqual([{ name: 'tags-repartition', partitions: null }]);
  const { topics, tasks } = internalTopics(topology, { applicationId: 'app', sourcePartitions: new Map([['in', 4]]) });
  expect(tasks).toEqual(
    new Map([
      [0, 4],
      [1, 4],
    ]),
  );
  expect(topics.find(({ name }) => name === 'app-windows-changelog')).toMatchObject({
    partitions: 4,
    configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': String(660_000 + 86_400_000) },
  });
});

group('misuse is refused:', () => {
  test.each([
    [
      'an illegal name',
      (builder: StreamsBuilder) => builder.stream('in').filter(() => true, { name: 'a b' }),
      'MR_TOPOLOGY_NAME',
    ],
    [
      'two stores of one name',
      (builder: StreamsBuilder) => [1, 2].map(() => builder.stream('in').groupByKey().count({ name: 'c' })),
      'MR_TOPOLOGY_DUPLICATE',
    ],
    ['a window without size', () => TimeWindows.ofSizeWithNoGrace(0), 'MR_TOPOLOGY_WINDOW'],
    ['an advance beyond the size', () => TimeWindows.ofSizeWithNoGrace('1m').advanceBy('2m'), 'MR_TOPOLOGY_WINDOW'],
    [
      'a retention below size and grace',
      (builder: StreamsBuilder) =>
        builder.stream('in').groupByKey().windowedBy(TimeWindows.ofSizeAndGrace('1m', '1m')).count({ retention: '1m' }),
      'MR_TOPOLOGY_WINDOW',
    ],
    ['a topology without a source', (builder: StreamsBuilder) => builder.build(), 'MR_TOPOLOGY_EMPTY'],
  ])('%s', (_name, build, code) => {
    expect(() => build(new StreamsBuilder())).toThrow(expect.objectContaining({ code }));
  });
});

test('a table can be read from outside by the name that its user gave', () => {
  const builder = new StreamsBuilder();
  const named = builder.table<string, string>('a', {}, { name: 'rows' });
  expect(named.queryableStoreName).toBe('rows');
  expect(named.filter(() => true).queryableStoreName).toBeUndefined();
  expect(named.filter(() => true, {}, { name: 'some' }).queryableStoreName).toBe('some');
  const unnamed = builder.table<string, string>('b');
  unnamed.toStream().groupByKey().count();
  expect(unnamed.queryableStoreName).toBeUndefined();
  expect(builder.stream<string, string>('c').groupByKey().count().queryableStoreName).toBeUndefined();
  expect(builder.stream<string, string>('d').groupByKey().count({ name: 'n' }).queryableStoreName).toBe('n');
  expect(builder.globalTable('e', {}, { name: 'everywhere' }).queryableStoreName).toBe('everywhere');
  expect(builder.globalTable('f').queryableStoreName).toBeUndefined();
});

test('a merged stream has no serdes, as in the JVM library', () => {
  const builder = new StreamsBuilder();
  const consumed = { key: Serdes.string(), value: Serdes.long() };
  builder.stream('a', consumed).merge(builder.stream('b', consumed)).to('c');
  const sink = builder.build().topology.nodes.find(({ kind }) => kind === 'sink');
  expect(sink).toMatchObject({ keySerde: null, valueSerde: null });
});
