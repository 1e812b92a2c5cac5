/** Record headers on any cluster: a trace that a user's producer writes is on every result that its record caused. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type Program } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { reached, type ClusterUnderTest, type Found } from './playground.ts';

interface Topics {
  readonly words: string;
  readonly shouted: string;
  readonly counts: string;
}

/** One way without a store, one through a repartition topic and a cached store. */
function shoutAndCount({ words, shouted, counts }: Topics): Program {
  const builder = new StreamsBuilder();
  const stream = builder.stream(words, { key: Serdes.string(), value: Serdes.string() });
  stream
    .filter((_key, word) => word !== '')
    .mapValues((word) => word.toUpperCase())
    .to(shouted, { key: Serdes.string(), value: Serdes.string() });
  stream
    .groupBy((_key, word) => word, { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'counts' })
    .toStream()
    .to(counts);
  return builder.build();
}

const trace = (id: string): Found['headers'] => [
  { key: 'trace', value: Buffer.from(id) },
  { key: 'empty', value: null },
  { key: 'trace', value: Buffer.from('second of its name') },
];

/** The last of its records by key: value and headers. */
function last(records: readonly Found[], key: string): Pick<Found, 'value' | 'headers'> | undefined {
  const found = records.findLast((record) => record.key === key);
  return found === undefined ? undefined : { value: found.value, headers: found.headers };
}

const long = (count: number): Buffer => Buffer.from(count.toString(16).padStart(16, '0'), 'hex');

export function headersSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: record headers`, makeCluster, (site) => {
    test('results, repartition records and counts carry them, changelogs do not', async () => {
      const { ground } = site;
      const topics = {
        words: await ground.topic('words', 1),
        shouted: await ground.topic('shouted', 1),
        counts: await ground.topic('counts', 1),
      };
      const streams = ground.application(shoutAndCount(topics), { engines: memoryEngines() });
      await streams.start();
      await reached(streams, 'RUNNING');
      await ground.feed(topics.words, [
        { partition: 0, key: 'k', value: 'a', headers: trace('1') },
        { partition: 0, key: 'k', value: 'b', headers: trace('2') },
        { partition: 0, key: 'k', value: 'a', headers: trace('3') },
        { partition: 0, key: 'k', value: 'b' },
      ]);

      const shouted = await ground.committed(topics.shouted, (records) => records.length >= 4);
      expect(shouted.map(({ headers }) => headers)).toEqual([trace('1'), trace('2'), trace('3'), []]);

      const isCounted = (records: readonly Found[]): boolean =>
        ['a', 'b'].every((key) => last(records, key)?.value?.equals(long(2)) === true);
      const counts = await ground.committed(topics.counts, isCounted);
      expect(last(counts, 'a')).toEqual({ value: long(2), headers: trace('3') });
      expect(last(counts, 'b')).toEqual({ value: long(2), headers: [] });

      const changelog = await ground.committed(`${ground.applicationId}-counts-changelog`, isCounted);
      expect(changelog.flatMap(({ headers }) => headers)).toEqual([]);
    });
  });
}
