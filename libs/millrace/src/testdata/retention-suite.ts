/** Old event times on any cluster: what would be lost is told with the command that keeps it, what Millrace makes keeps everything. */
import { expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, TimeWindows, type Program } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { Lines, reached, type ClusterUnderTest } from './playground.ts';

const winter2015 = Date.UTC(2015, 1, 17);
const stock = { 'retention.ms': '604800000' };

function windowed(input: string, output: string): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(input, { key: Serdes.string(), value: Serdes.string() })
    .groupBy((_key, word) => word, { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace('10m', '1m'))
    .count({ name: 'counts' })
    .toStream()
    .to(output);
  return builder.build();
}

export function retentionSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: topics of old event times`, makeCluster, (site) => {
    /** Starts, and gives the warnings about topics with their commands. */
    async function warnings(input: string, output: string): Promise<Readonly<Record<string, string>>> {
      const logger = new Lines();
      const streams = site.ground.application(windowed(input, output), { engines: memoryEngines(), logger });
      await streams.start();
      await reached(streams, 'RUNNING');
      await streams.close();
      const lines = logger.all.filter(({ level, fields }) => level === 'warn' && 'command' in fields);
      return Object.fromEntries(lines.map(({ fields }) => [String(fields['topic']), String(fields['command'])]));
    }

    test('those that would lose records are told, until the command has been run', async () => {
      const input = await site.ground.topic('words', 2, stock);
      const output = await site.ground.topic('counts', 2, stock);
      // The new record holds the old one's segment: a broker that deletes looks at the newest of each.
      await site.ground.feed(input, [
        { partition: 0, key: 'k', value: 'old', timestamp: winter2015 },
        { partition: 0, key: 'k', value: 'new', timestamp: systemClock.now() },
      ]);
      const told = await warnings(input, output);
      const command = (topic: string): string =>
        `kafka-configs.sh --bootstrap-server ${site.cluster.bootstrapServers} --alter --entity-type topics --entity-name ${topic} --add-config retention.ms=-1`;
      expect(told).toEqual({ [input]: command(input), [output]: command(output) });

      for (const topic of [input, output]) {
        await site.ground.client.admin.alterTopicConfigs(topic, { 'retention.ms': '-1' });
      }
      expect(await warnings(input, output)).toEqual({});
    });

    test('new records in topics of stock retention are nothing to warn of', async () => {
      const input = await site.ground.topic('words', 2, stock);
      const output = await site.ground.topic('counts', 2, stock);
      await site.ground.feed(input, [{ partition: 1, key: 'k', value: 'new', timestamp: systemClock.now() - 3_600_000 }]);
      expect(await warnings(input, output)).toEqual({});
    });

    test('what is made for an application keeps records of any time', async () => {
      const input = await site.ground.topic('words', 2);
      await site.ground.feed(input, [{ partition: 0, key: 'k', value: 'old', timestamp: winter2015 }]);
      const output = `made-${site.ground.unique}`;
      expect(await warnings(input, output)).toEqual({});
      const made = [output, `${site.ground.applicationId}-by-word-repartition`, `${site.ground.applicationId}-counts-changelog`];
      const configs = await site.ground.client.admin.topicConfigs(made);
      expect(made.map((topic) => configs.get(topic)?.get('retention.ms'))).toEqual(['-1', '-1', '-1']);
      expect(configs.get(made[2] as string)?.get('cleanup.policy')).toBe('compact,delete');
    });
  });
}
