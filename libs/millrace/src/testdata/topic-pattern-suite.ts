/** Sources by pattern on a cluster: topics that come, go and grow while the application runs. */
import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type KafkaStreams, type Program } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { reached, until, type ClusterUnderTest } from './playground.ts';
import { fold, latest, reaches, stale, words } from './word-count.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const often = { metadataMaxAgeMs: 50 };

export function topicPatternSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(name, makeCluster, (site) => {
    const pattern = (word: string): RegExp => new RegExp(`${word}-.*${site.ground.unique}`);
    const application = (program: Program, config: Readonly<Record<string, unknown>> = often): KafkaStreams =>
      site.ground.application(program, { engines: memoryEngines(), config });

    async function run(program: Program, config?: Readonly<Record<string, unknown>>): Promise<KafkaStreams> {
      const streams = application(program, config);
      await streams.start();
      await reached(streams, 'RUNNING');
      return streams;
    }

    /** By key, without a repartition topic: a topic that comes changes what each task reads. */
    function counting(output: string): Program {
      const builder = new StreamsBuilder();
      builder.stream(pattern('in'), strings).groupByKey(strings).count({ name: 'counts' }).toStream().to(output);
      return builder.build();
    }

    function passing(output: string): Program {
      const builder = new StreamsBuilder();
      builder.stream(pattern('in'), strings).to(output);
      return builder.build();
    }

    /** Keys that stay in their partition, whatever the topic. */
    const given = (count: number): ReturnType<typeof words> =>
      words(count, { partitions: 2 }).map(({ partition, value }) => ({ partition, key: `${value}-${partition}`, value }));
    const byKey = (records: ReturnType<typeof words>): ReturnType<typeof words> =>
      records.map(({ partition, key }) => ({ partition, key, value: key }));

    test('a topic that comes later is read by tasks that run, whichever process looks for it: once, into the state they have', async () => {
      const { ground } = site;
      const first = await ground.topic('in-a', 2);
      const output = await ground.topic('out', 2);
      const instances = [await run(counting(output)), await run(counting(output), {})];
      const fed = given(200);
      await ground.feed(first, fed);
      await ground.committed(output, reaches(fold(byKey(fed))));

      const second = await ground.topic('in-b', 2);
      await ground.feed(second, fed);
      const wanted = fold(byKey(fed), byKey(fed));
      const records = await ground.committed(output, reaches(wanted));
      expect(latest(records)).toEqual(wanted);
      expect(stale(records)).toEqual([]);
      const offsets = await ground.client.admin.groupOffsets(ground.applicationId);
      expect(new Set(offsets.map(({ topic }) => topic))).toEqual(new Set([first, second]));
      expect(instances.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    }, 60_000);

    test('a topic with more partitions than the others brings more tasks', async () => {
      const { ground } = site;
      const first = await ground.topic('in-a', 1);
      const output = await ground.topic('out', 1);
      await run(passing(output), { ...often, numStreamThreads: 2 });
      await ground.feed(first, [{ partition: 0, key: 'k', value: 'first' }]);
      const wide = await ground.topic('in-b', 3);
      await ground.feed(wide, [0, 1, 2].map((partition) => ({ partition, key: 'k', value: `wide ${partition}` }))); // prettier-ignore
      const records = await ground.committed(output, ({ length }) => length >= 4);
      expect(records.map(({ value }) => String(value)).sort()).toEqual(['first', 'wide 0', 'wide 1', 'wide 2']);
    }, 60_000);

    test('an application whose pattern matches nothing runs, and begins when a topic is there', async () => {
      const { ground } = site;
      const output = await ground.topic('out', 2);
      await run(counting(output));
      const topic = await ground.topic('in-a', 2);
      const fed = given(20);
      await ground.feed(topic, fed);
      const records = await ground.committed(output, reaches(fold(byKey(fed))));
      expect(latest(records)).toEqual(fold(byKey(fed)));
      expect(stale(records)).toEqual([]);
    }, 60_000);

    test('a topic that is deleted is read no more; the others are', async () => {
      const { ground } = site;
      const [first, second] = [await ground.topic('in-a', 1), await ground.topic('in-b', 2)];
      const output = await ground.topic('out', 1);
      const streams = await run(passing(output));
      await ground.feed(second, [{ partition: 1, key: 'k', value: 'before' }]);
      await ground.committed(output, ({ length }) => length >= 1);
      await ground.client.admin.deleteTopics([second]);
      await until(() => tasksOf(streams) === 1);
      await ground.feed(first, [{ partition: 0, key: 'k', value: 'after' }]);
      const records = await ground.committed(output, ({ length }) => length >= 2);
      expect(records.map(({ value }) => String(value))).toEqual(['before', 'after']);
      expect(streams.failure).toBeUndefined();
    }, 60_000);

    test('a topic that two patterns match ends the application', async () => {
      const { ground } = site;
      const builder = new StreamsBuilder();
      const output = await ground.topic('out', 1);
      builder.stream(pattern('in')).to(output);
      builder.stream(pattern('in-b')).to(output);
      const streams = await run(builder.build());
      await ground.topic('in-b', 1);
      await expect(reached(streams, 'NOT_RUNNING')).rejects.toMatchObject({ code: 'MR_TOPOLOGY_PATTERN_OVERLAP' });
    }, 60_000);

    test('a topic that is split otherwise than the state beside it ends the application', async () => {
      const { ground } = site;
      await ground.topic('in-a', 1);
      const streams = await run(counting(await ground.topic('out', 1)));
      await ground.topic('in-b', 2);
      await expect(reached(streams, 'NOT_RUNNING')).rejects.toMatchObject({ code: 'MR_RUNTIME_COPARTITION' });
    }, 60_000);

    test('a repartition topic needs a topic that matches: nobody could tell its width', async () => {
      const { ground } = site;
      const builder = new StreamsBuilder();
      builder.stream(pattern('in'), strings).selectKey((_key, value) => value).repartition(strings).to('out'); // prettier-ignore
      await expect(application(builder.build()).start()).rejects.toMatchObject({
        code: 'MR_TOPOLOGY_SOURCE_MISSING',
        message: expect.stringContaining(`/in-.*${ground.unique}/`),
      });
    });
  });
}

function tasksOf(streams: KafkaStreams): number {
  return streams.metrics().threads.reduce((sum, { tasks }) => sum + tasks.length, 0);
}
