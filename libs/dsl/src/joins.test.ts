import { describe, expect, test } from '@jest/globals';
import { internalTopics, type Program } from '@millrace/topology';
import { JoinWindows, StreamsBuilder } from './index.ts';

const windows = JoinWindows.ofTimeDifferenceAndGrace('10s', '5s');
const both = (left: unknown, right: unknown): string => `${String(left)}+${String(right)}`;

const widths = ({ topology }: Program, sources: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    internalTopics(topology, { applicationId: 'app', sourcePartitions: new Map(Object.entries(sources)) }).topics.map(
      ({ name, partitions }) => [name, partitions],
    ),
  );

const dropsNullKeys = ({ topology }: Program): boolean[] =>
  topology.nodes.flatMap((node) =>
    node.kind === 'processor' && node.operation.type === 'repartitionFilter' ? [node.operation.dropNullKeys] : [],
  );

describe('topics of a join', () => {
  test('a re-keyed side is split like the user topic it is joined with', () => {
    const builder = new StreamsBuilder();
    const rekeyed = builder.stream<string, string>('wide').selectKey((_key, value) => value);
    rekeyed.join(builder.stream<string, string>('narrow'), both, windows, { name: 'j' }).to('out');
    expect(widths(builder.build(), { wide: 6, narrow: 2 })).toMatchObject({ 'app-j-left-repartition': 2 });
  });

  test('two re-keyed sides are split like the wider one', () => {
    const builder = new StreamsBuilder();
    const [left, right] = ['l', 'r'].map((topic) => builder.stream<string, string>(topic).selectKey((key) => key));
    left?.join(right ?? left, both, windows, { name: 'j' }).to('out');
    expect(widths(builder.build(), { l: 6, r: 2 })).toMatchObject({
      'app-j-left-repartition': 6,
      'app-j-right-repartition': 6,
    });
  });

  test('what a foreign-key join gives is grouped in a topic as wide as its inputs, though its own topics wait for each other', () => {
    const builder = new StreamsBuilder();
    const joined = builder
      .table<string, string>('orders')
      .joinOnForeignKey(builder.table<string, string>('customers'), (order) => order, both, { name: 'fk' });
    joined.groupBy((key, value) => [value, key], { name: 'by-value' }).count({ name: 'counts' });
    expect(widths(builder.build(), { orders: 4, customers: 3 })).toMatchObject({
      'app-fk-subscription-registration-topic': 3,
      'app-fk-subscription-response-topic': 4,
      'app-by-value-repartition': 4,
      'app-counts-changelog': 4,
    });
  });

  test('a re-keyed stream that is joined twice without a name goes through one topic', () => {
    const builder = new StreamsBuilder();
    const rekeyed = builder.stream<string, string>('in').selectKey((key) => key);
    rekeyed.join(builder.table<string, string>('t'), both).to('out');
    rekeyed.join(builder.table<string, string>('u'), both).to('out');
    expect(builder.build().topology.repartitionTopics).toHaveLength(1);
  });
});

describe('null keys', () => {
  test('pass the topics in front of a left join, through other topics too, and no others', () => {
    const builder = new StreamsBuilder();
    const rekeyed = builder.stream<string, string>('in').selectKey((key) => key);
    const again = rekeyed.repartition({ name: 'one' }).selectKey((key) => key);
    again.leftJoin(builder.table<string, string>('t'), both).to('out');
    builder
      .stream<string, string>('other')
      .selectKey((key) => key)
      .join(builder.table<string, string>('u'), both)
      .to('out');
    expect(dropsNullKeys(builder.build())).toEqual([false, false, true]);
  });
});

describe('a stream joined with itself', () => {
  const selfJoined = (optimization: 'none' | 'all' | readonly ['single.store.self.join']): Program => {
    const builder = new StreamsBuilder();
    const stream = builder.stream<string, string>('in');
    stream.join(stream, both, windows).to('out');
    return builder.build({ topologyOptimization: optimization });
  };

  test('keeps its records twice, and once when asked to', () => {
    expect(selfJoined('none').topology.stores).toHaveLength(2);
    expect(selfJoined('all').topology.stores).toHaveLength(1);
    expect(selfJoined(['single.store.self.join']).topology.nodes.map(({ name }) => name)).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-WINDOWED-0000000001',
      'KSTREAM-MERGE-0000000005',
      'KSTREAM-SINK-0000000006',
    ]);
  });

  test('two streams are two', () => {
    const builder = new StreamsBuilder();
    builder.stream('a').join(builder.stream('b'), both, windows).to('out');
    expect(builder.build({ topologyOptimization: 'all' }).topology.stores).toHaveLength(2);
  });
});

describe('windows of joins', () => {
  test('before and after replace the difference and may be negative, as long as something is between them', () => {
    expect(windows.before(-3).after('4s').spec).toMatchObject({ beforeMs: -3, afterMs: 4_000, graceMs: 5_000 });
    expect(() => windows.before(-10_001)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_WINDOW' }));
  });

  test('the windows of old applications have a grace that makes up a day; the others take no second one', () => {
    expect(JoinWindows.of('1h').spec).toMatchObject({ graceMs: 22 * 3_600_000, emitsEagerly: true });
    expect(JoinWindows.of('13h').grace('1s').spec.graceMs).toBe(1_000);
    expect(() => windows.grace(1)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_WINDOW' }));
  });
});
