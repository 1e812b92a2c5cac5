import { expect, test } from '@jest/globals';
import { StreamsBuilder } from './index.ts';

/** A stream under new keys, counted and reduced. */
function rekeyed(builder: StreamsBuilder) {
  const grouped = builder
    .stream<string, string>('in')
    .selectKey((_key, value) => value)
    .groupByKey();
  grouped.count();
  grouped.reduce((a, b) => a + b);
}

function built(make: (builder: StreamsBuilder) => void, topologyOptimization: 'all' | 'none') {
  const builder = new StreamsBuilder();
  make(builder);
  return builder.build({ topologyOptimization }).topology;
}

test('two repartition topics behind one new key become one, right behind it', () => {
  expect(built(rekeyed, 'none').repartitionTopics).toHaveLength(2);
  const { repartitionTopics, nodes } = built(rekeyed, 'all');
  const topic = 'KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition';
  expect(repartitionTopics.map(({ name }) => name)).toEqual([topic]);
  expect(nodes.map(({ name }) => name)).toEqual([
    'KSTREAM-SOURCE-0000000000',
    'KSTREAM-KEY-SELECT-0000000001',
    `${topic}-filter`,
    `${topic}-sink`,
    `${topic}-source`,
    'KSTREAM-AGGREGATE-0000000003',
    'KSTREAM-REDUCE-0000000008',
  ]);
});

test('a topic that was asked for stays', () => {
  const make = (builder: StreamsBuilder): void => {
    const stream = builder.stream<string, string>('in').selectKey((_key, value) => value);
    stream.repartition({ name: 'mine' }).to('out');
    stream.groupByKey().count();
  };
  const { repartitionTopics } = built(make, 'all');
  expect(repartitionTopics.map(({ name }) => name)).toContain('mine-repartition');
  expect(repartitionTopics).toHaveLength(2);
});
