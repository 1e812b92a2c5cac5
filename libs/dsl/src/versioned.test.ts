import { describe, expect, test } from '@jest/globals';
import { Serdes } from '@millrace/serde';
import { internalTopics } from '@millrace/topology';
import { SessionWindows, Stores, StreamsBuilder, TimeWindows, type Materialized } from './index.ts';

const versioned = Stores.persistentVersionedKeyValueStore('v', '1h');
const strings = { key: Serdes.string(), value: Serdes.string() };

function build(write: (builder: StreamsBuilder) => unknown) {
  const builder = new StreamsBuilder();
  write(builder);
  return builder.build();
}

const joined = (grace: string, table: Materialized<string, string>) =>
  build((builder) =>
    builder
      .stream('s', strings)
      .join(builder.table('t', strings, table), (left, right) => left + right, { grace })
      .to('out'),
  );

describe('a table with versions', () => {
  test('is never cached, and its changelog is compacted no earlier than its history ends', () => {
    const { topology } = build((builder) => builder.table('t', strings, { ...versioned, caching: true }));
    expect(topology.stores).toMatchObject([{ kind: 'versioned', caching: false, history: { historyMs: 3_600_000 } }]);
    const { topics } = internalTopics(topology, { applicationId: 'app', sourcePartitions: new Map([['t', 1]]) });
    expect(topics[0]?.configs['min.compaction.lag.ms']).toBe('90000000');
  });

  test.each([
    [0, 2_000],
    [59_999, 19_999],
    [60_000, 20_000],
    [120_000, 24_000],
    [300_000, 60_000],
    [3_600_000, 300_000],
    [86_400_000, 3_600_000],
  ])('a history of %d ms is forgotten in pieces of %d ms', (history, segmentMs) => {
    const options = { name: 'v', versioned: { history } };
    const { topology } = build((builder) => builder.table('t', strings, options));
    expect(topology.stores[0]?.history?.segmentMs).toBe(segmentMs);
  });

  test('joins with a grace when its history is long enough', () => {
    expect(joined('1h', versioned).topology.stores.map(({ name }) => name)).toEqual([
      'v',
      'KSTREAM-JOIN-0000000003-Buffer',
    ]);
    expect(() => joined('61m', versioned)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_JOIN_GRACE' }));
    expect(() => joined('1h', {})).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_JOIN_GRACE' }));
  });

  test.each<readonly [string, (builder: StreamsBuilder) => unknown]>([
    [
      'time windows',
      (b) =>
        b
          .stream('s', strings)
          .groupByKey()
          .windowedBy(TimeWindows.ofSizeWithNoGrace(5))
          .count(versioned as never),
    ],
    [
      'sessions',
      (b) =>
        b
          .stream('s', strings)
          .groupByKey()
          .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(5))
          .count(versioned as never),
    ],
    ['a global table', (b) => b.globalTable('g', strings, versioned as never)],
    [
      'a store without a name',
      (b) => b.table('t', strings).mapValues((value) => value, {}, { versioned: { history: 1 } }),
    ],
    ['pieces of no length', (b) => b.table('t', strings, Stores.persistentVersionedKeyValueStore('v', 10, 0))],
    ['a record cache', () => Stores.versionedKeyValueStore({ ...versioned, caching: true as never })],
  ])('is refused for %s', (_name, write) => {
    expect(() => build(write)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_STORE_KIND' }));
  });

  test('is not suppressed, behind a filter neither; kept without versions it may be', () => {
    const suppressed = (materialized?: Materialized<string, string>) =>
      build((builder) =>
        builder
          .table('t', strings, versioned)
          .filter(() => true, {}, materialized)
          .suppress({ until: 'timeLimit', timeLimit: 10 }),
      );
    expect(() => suppressed()).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_SUPPRESS_VERSIONED' }));
    expect(suppressed({ name: 'plain' }).topology.stores).toHaveLength(3);
  });

  test('types refuse versions of windows, sessions and global tables, and a cache', () => {
    const grouped = new StreamsBuilder().stream('s', strings).groupByKey();
    const never = (): void => {
      // @ts-expect-error windows have no versions
      grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(5)).count(versioned);
      // @ts-expect-error sessions have no versions
      grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(5)).count(versioned);
      // @ts-expect-error global tables have no versions
      new StreamsBuilder().globalTable('g', strings, versioned);
      // @ts-expect-error what has versions is not cached
      Stores.versionedKeyValueStore({ ...versioned, caching: true });
    };
    expect(never).toBeInstanceOf(Function);
  });
});
