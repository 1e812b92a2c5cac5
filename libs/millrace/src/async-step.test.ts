/** Asynchronous steps in an application: exactly once through crashes, rebalances and closes, on the embedded broker. */
import { expect, test } from '@jest/globals';
import { seededRandom, systemClock, type Random } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type AsyncOptions, type KafkaStreams, type Program } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { pipedSiteOfEach } from './testdata/on-cluster.ts';
import { Lines, reached, until, type Given } from './testdata/playground.ts';
import { fold, latest, reaches, stale, words } from './testdata/word-count.ts';

const site = pipedSiteOfEach(embeddedCluster, 4);

type Call = (word: string) => Promise<string>;

/** Counts words twice: before the step, so that what a store knew is part of what must not be doubled, and behind it. */
function program(call: Call, options: AsyncOptions = {}): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(site.input, { key: Serdes.string(), value: Serdes.string() })
    .mapAsync(async (_key, word) => [await call(word), word] as const, options)
    .groupByKey({ name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'first' })
    .toStream()
    .mapValuesAsync(async (count, word) => {
      await call(word);
      return count;
    }, options)
    .to(site.output, { value: Serdes.long() });
  return builder.build();
}

const config = { commitIntervalMs: 20, sessionTimeoutMs: 1_000, transactionTimeoutMs: 1_000 };
const quick = { timeout: 200, attempts: 2, backoff: 5 };

function application(
  call: Call,
  more: Readonly<Record<string, unknown>> = {},
  client = site.cluster.newClient(),
): KafkaStreams {
  return site.ground.application(program(call, quick), {
    engines: memoryEngines(),
    client,
    config: { ...config, ...more },
  });
}

/** A call that takes its time, and fails at times. */
function flaky(random: Random): Call {
  return async (word) => {
    await systemClock.sleep(random.int(8));
    if (random.next() < 0.1) throw new Error(`not this time, ${word}`);
    return word;
  };
}

async function expectCounts(fed: readonly Given[]): Promise<void> {
  const wanted = fold(fed);
  const records = await site.ground.committed(site.output, reaches(wanted));
  expect(latest(records)).toEqual(wanted);
  expect(stale(records)).toEqual([]);
}

test.each([1, 2, 3, 4, 5])(
  'a crash at any point leaves each result once (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const fed = words(120);
    await site.ground.feed(site.input, fed);
    for (let life = 0; life < 3; life++) {
      const client = site.cluster.newClient();
      const dying = application(flaky(random), { numStreamThreads: 1 + random.int(2) }, client);
      dying.setUncaughtExceptionHandler(() => 'replaceThread');
      await dying.start();
      await reached(dying, 'RUNNING');
      const enough = 1 + random.int(60);
      await until(() => dying.metrics().processed >= enough);
      // Cut off in the middle of whatever it does: nothing of it reaches the broker any more.
      await client.close();
      await dying.close({ timeoutMs: 1 });
    }
    const last = application(flaky(random));
    last.setUncaughtExceptionHandler(() => 'replaceThread');
    await last.start();
    await expectCounts(fed);
  },
  60_000,
);

test('tasks that move take nothing along that is under way; a close waits for it', async () => {
  const random = seededRandom(9);
  const steady: Call = async (word) => {
    await systemClock.sleep(random.int(8));
    return word;
  };
  const fed = [...words(150)];
  await site.ground.feed(site.input, fed);
  const first = application(steady);
  await first.start();
  await until(() => first.metrics().processed > 20);
  const second = application(steady);
  await second.start();
  await reached(second, 'RUNNING');
  const more = words(150, { from: 150 });
  await site.ground.feed(site.input, more);
  fed.push(...more);
  await until(() => second.metrics().processed > 20);
  await first.close();
  expect(first.failure).toBeUndefined();
  await expectCounts(fed);
}, 60_000);

test('calls that outlast a commit are given up and done again, not committed around', async () => {
  let isStuck = true;
  const logger = new Lines();
  const stuck: Call = (word) => (isStuck ? new Promise(() => undefined) : Promise.resolve(word));
  const made = site.ground.application(program(stuck, { timeout: 150, attempts: 1 }), {
    engines: memoryEngines(),
    logger,
    config: { ...config, asyncDrainTimeoutMs: 160, processingExceptionHandler: 'fail' },
  });
  made.setUncaughtExceptionHandler(() => 'replaceThread');
  const fed = words(20);
  await site.ground.feed(site.input, fed);
  await made.start();
  await logger.with('code', 'MR_RUNTIME_USER_CODE');
  isStuck = false;
  await expectCounts(fed);
}, 60_000);

test('an application whose calls could outlast every commit does not start', async () => {
  const long = site.ground.application(
    program((word) => Promise.resolve(word), { timeout: '2s', attempts: 3 }),
    {
      engines: memoryEngines(),
      config,
    },
  );
  await expect(long.start()).rejects.toMatchObject({
    code: 'MR_RUNTIME_ASYNC_BUDGET',
    message: expect.stringContaining('6300 ms, but a commit waits 500 ms'),
  });
});
