/** What becomes of an application whose threads end with errors, on the embedded broker. */
import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, type KafkaStreams, type Serde, type StreamsState } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { pipedSiteOfEach } from './testdata/on-cluster.ts';
import { Lines, reached, until } from './testdata/playground.ts';
import { fold, latest, reaches, wordCount, words } from './testdata/word-count.ts';

const site = pipedSiteOfEach(embeddedCluster, 4);

/** Words of which one throws while it is read. */
function broken(thrown: () => unknown): Serde<string> {
  return {
    ...Serdes.string(),
    deserialize: (topic, bytes) => {
      const word = Serdes.string().deserialize(topic, bytes);
      if (word === 'w7') throw thrown();
      return word;
    },
  };
}

function application(
  value: Serde<string>,
  config: Readonly<Record<string, unknown>> = {},
  logger = new Lines(),
): KafkaStreams {
  return site.ground.application(wordCount({ input: site.input, output: site.output, value }), {
    engines: memoryEngines(),
    config,
    logger,
  });
}

function statesOf(streams: KafkaStreams): StreamsState[] {
  const states: StreamsState[] = [];
  streams.onStateChange((state) => void states.push(state));
  return states;
}

test('SHUTDOWN_APPLICATION ends all instances, those without a fault too; none of them keeps anything open', async () => {
  const bad = broken(() => new RangeError('seven'));
  const logger = new Lines();
  const instances = [application(bad, { numStreamThreads: 2 }, logger), application(bad), application(bad)];
  const seen = instances.map(statesOf);
  for (const streams of instances) {
    streams.setUncaughtExceptionHandler(() => 'SHUTDOWN_APPLICATION');
    await streams.start();
    await reached(streams, 'RUNNING');
  }
  await until(() => instances.every(({ state }) => state === 'RUNNING'));
  await site.ground.feed(site.input, [{ partition: 1, key: 'k', value: 'w7' }]);
  await until(() => instances.every(({ state }) => state === 'ERROR'));
  for (const states of seen) expect(states.slice(-2)).toEqual(['PENDING_ERROR', 'ERROR']);
  const codes = instances.map(({ failure }) => failure?.code);
  expect(codes.filter((code) => code === 'MR_RUNTIME_UNDECODABLE')).toHaveLength(1);
  expect(codes.filter((code) => code === 'MR_RUNTIME_SHUTDOWN_REQUESTED')).toHaveLength(2);
  expect((await site.ground.client.admin.describeGroup(site.ground.applicationId)).members).toEqual([]);
}, 30_000);

test('SHUTDOWN_CLIENT leaves the work to the others', async () => {
  let isBad = true;
  const failing = application(broken(() => new RangeError('seven')));
  const healthy = application({
    ...Serdes.string(),
    deserialize: (topic, bytes) => {
      // The same record, given to this one first, would end it as well: it waits for the other to be gone.
      if (isBad && bytes.toString() === 'w7')
        throw millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'p' });
      return Serdes.string().deserialize(topic, bytes);
    },
  });
  const states = statesOf(failing);
  failing.onStateChange((state) => void (isBad &&= state !== 'ERROR'));
  await failing.start();
  await reached(failing, 'RUNNING');
  await healthy.start();
  await until(() => healthy.state === 'RUNNING' && failing.state === 'RUNNING');
  const fed = words(100);
  await site.ground.feed(site.input, fed);
  const records = await site.ground.committed(site.output, reaches(fold(fed)));
  expect(latest(records)).toEqual(fold(fed));
  expect(states.slice(-2)).toEqual(['PENDING_ERROR', 'ERROR']);
  expect(healthy.state).not.toBe('ERROR');
}, 30_000);

test('a thread that is replaced again and again waits longer each time; a close ends the wait', async () => {
  const logger = new Lines();
  const streams = application(
    broken(() => new RangeError('seven')),
    {},
    logger,
  );
  streams.setUncaughtExceptionHandler(() => 'REPLACE_THREAD');
  await streams.start();
  await site.ground.feed(site.input, [{ partition: 1, key: 'k', value: 'w7' }]);
  const pauses = (): number[] => logger.all.flatMap(({ fields }) => (fields['pauseMs'] === undefined ? [] : [Number(fields['pauseMs'])])); // prettier-ignore
  await until(() => pauses().length >= 4);
  [100, 200, 400, 800].forEach((most, i) => {
    expect(pauses()[i]).toBeGreaterThanOrEqual(most / 2);
    expect(pauses()[i]).toBeLessThanOrEqual(most);
  });
  await streams.close();
  expect(streams.state).toBe('NOT_RUNNING');
}, 30_000);

test('failures that may pass end the thread when they go on for task.timeout.ms', async () => {
  const away = broken(() => millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'it is away' }));
  const streams = application(away, { taskTimeoutMs: 300 });
  await streams.start();
  await site.ground.feed(site.input, [{ partition: 1, key: 'k', value: 'w7' }]);
  await until(() => streams.state === 'ERROR');
  expect(streams.failure).toMatchObject({
    code: 'MR_RUNTIME_TASK_TIMEOUT',
    message: expect.stringContaining('it is away'),
    cause: { code: 'MR_REGISTRY_UNREACHABLE' },
  });
  expect(streams.metrics().redone).toBeGreaterThan(1);
}, 30_000);
