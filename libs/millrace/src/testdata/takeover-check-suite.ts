/** What a takeover check says of an application that has run, on any cluster. */
import { expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { mayTakeOver, takeoverCheck, type Finding } from '@millrace/runtime';
import { memoryEngines } from '@millrace/store-memory';
import { describe as described } from '@millrace/topology';
import { parseConfig, Serdes, StreamsBuilder, TimeWindows, type Program } from '../index.ts';
import { describeOnCluster, type TestSite } from './on-cluster.ts';
import { reached, type ClusterUnderTest } from './playground.ts';

interface Variation {
  readonly store?: string;
  readonly from?: string;
  readonly to: string;
}

const strings = { key: Serdes.string(), value: Serdes.string() };

function counts({ store = 'counts', from, to }: Variation & { readonly from: string }): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(from, strings)
    .groupBy((_key, word) => word, { name: 'by-word', ...strings })
    .windowedBy(TimeWindows.ofSizeAndGrace('10s', '1m'))
    .count({ name: store, key: Serdes.string(), value: Serdes.long() })
    .toStream((windowed) => windowed.key)
    .to(to, { key: Serdes.string(), value: Serdes.long() });
  return builder.build();
}

export function takeoverCheckSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: takeover check`, makeCluster, (site) => {
    test('says that nobody may be in the group, then that all fits; other topologies do not', async () => {
      const { ground } = site;
      const [from, to, other] = [
        await ground.topic('words', 2),
        await ground.topic('counts', 2),
        await ground.topic('others', 2),
      ];
      const program = counts({ from, to });
      const check = checkOn(site, described(program.topology));
      const streams = ground.application(program, { engines: memoryEngines() });
      await streams.start();
      await reached(streams, 'RUNNING');
      await ground.feed(from, [0, 1].map((partition) => ({ partition, key: 'k', value: `w${partition}` })));
      await ground.committed(to, (records) => records.length >= 2);
      // A transaction may be open as well.
      expect(faultsOf(await check(program))).toContainEqual(expect.stringMatching(/^group: The group has members/));

      await streams.close();
      // The last markers are written after the answer; one that never comes ends the test.
      while (!mayTakeOver(await check(program))) await systemClock.sleep(2);
      const findings = await check(program);
      expect(faultsOf(findings)).toEqual([]);
      expect(mayTakeOver(findings)).toBe(true);
      expect(findings.map(({ text }) => text)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^describe\(\) is equal: \d+ lines/),
          expect.stringMatching(/-by-word-repartition: 2 partitions, cleanup.policy=delete/),
          expect.stringMatching(/-counts-changelog: 2 partitions, cleanup.policy=compact,delete/),
          expect.stringMatching(/of 4 input partitions have committed offsets/),
        ]),
      );

      const renamed = faultsOf(await check(counts({ from, to, store: 'sums' })));
      expect(renamed).toEqual([
        expect.stringMatching(/^topology: describe\(\) differs/),
        expect.stringMatching(/^internal topics: .*-sums-changelog is not there, though the application has run/),
      ]);
      expect(faultsOf(await check(counts({ from: other, to }))).join('\n')).toContain(
        `offsets: Offsets are committed for ${from}, which this topology does not read.`,
      );
      expect(faultsOf(await check(counts({ from: 'nowhere', to }))).join('\n')).toContain(
        'sources: Topics that this topology reads are not there: nowhere.',
      );
    });

    test('an application that has never run is no obstacle, and nothing is made by looking', async () => {
      const { ground } = site;
      const [from, to] = [await ground.topic('words', 2), await ground.topic('counts', 2)];
      const findings = await checkOn(site, undefined)(counts({ from, to }));
      expect(faultsOf(findings)).toEqual([]);
      expect(findings.filter(({ verdict }) => verdict === 'note')).toHaveLength(4);
      const topics = await ground.client.listTopics();
      expect(topics.filter((topic) => topic.startsWith(ground.applicationId))).toEqual([]);
    });

    test('an open transaction is told', async () => {
      const { ground } = site;
      const [from, to] = [await ground.topic('words', 2), await ground.topic('counts', 2)];
      const program = counts({ from, to });
      const changelog = `${ground.applicationId}-counts-changelog`;
      await ground.client.admin.createTopics([{ name: changelog, partitions: 2, replicationFactor: 1 }]);
      const producer = ground.client.transactionalProducer({ transactionalId: ground.unique });
      await producer.init();
      await producer.prepare([changelog]);
      producer.append(changelog, 1, Buffer.from('k'), Buffer.from('v'), 1);
      await producer.flush();
      const check = checkOn(site, undefined);
      expect(faultsOf(await check(program))).toEqual([`transactions: A transaction is open on ${changelog}-1.`]);
      await producer.abort();
      // The markers are written after the answer; one that never comes ends the test.
      while (!mayTakeOver(await check(program))) await systemClock.sleep(2);
      await producer.close();
    });
  });
}

function checkOn(
  { cluster, ground }: TestSite,
  description: string | undefined,
): (program: Program) => Promise<readonly Finding[]> {
  const { applicationId, client } = ground;
  const config = parseConfig({ applicationId, bootstrapServers: cluster.bootstrapServers });
  return (program) => takeoverCheck(program, { client, config, description });
}

const faultsOf = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ verdict }) => verdict === 'differs').map(({ about, text }) => `${about}: ${text}`);
