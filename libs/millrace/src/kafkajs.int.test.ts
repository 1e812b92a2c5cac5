import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, serveBroker, type ServedBroker } from '@millrace/broker';
import { createKafkajsClient } from '@millrace/client-kafkajs';
import type { KafkaClient } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import { Playground, reached } from './testdata/playground.ts';
import { realCluster } from './testdata/real-cluster.ts';
import { fold, latest, reaches, wordCount, words } from './testdata/word-count.ts';

/** Millrace on kafkajs, over TCP against the embedded broker. */
const ports = { clock: systemClock, logger: silentLogger };
let broker: Broker;
let served: ServedBroker;
let ground: Playground;
let input: string;
let output: string;

beforeEach(async () => {
  broker = new Broker({ ...ports, random: systemRandom });
  served = await serveBroker(broker);
  ground = new Playground(realCluster(`${served.address.host}:${served.address.port}`));
  input = await ground.topic('words', 4);
  output = await ground.topic('counts', 4);
});

afterEach(async () => {
  await ground.close();
  await served.close();
  broker.close();
});

function kafkajs(): KafkaClient {
  const { host, port } = served.address;
  return createKafkajsClient({ kafka: { brokers: [`${host}:${port}`], clientId: 'kafkajs' }, ...ports });
}

test('at least once counts what was fed, over a restart and shared by two', async () => {
  const config = { processingGuarantee: 'at_least_once', commitIntervalMs: 100 };
  const program = wordCount({ input, output });
  const engines = memoryEngines();
  const first = ground.application(program, { engines, client: kafkajs(), config });
  await first.start();
  await reached(first, 'RUNNING');
  await ground.feed(input, words(200));
  const counted = async (count: number): Promise<void> => {
    const wanted = fold(words(count));
    expect(latest(await ground.committed(output, reaches(wanted)))).toEqual(wanted);
  };
  await counted(200);
  await first.close();

  const again = ground.application(program, { engines, client: kafkajs(), config });
  await again.start();
  await ground.feed(input, words(200, { from: 200 }));
  await counted(400);
  const second = ground.application(program, { engines: memoryEngines(), client: kafkajs(), config });
  await second.start();
  await reached(second, 'RUNNING');
  await ground.feed(input, words(200, { from: 400 }));
  const wanted = fold(words(600));
  // A round in between may repeat what was not committed: at least once.
  const counts = latest(await ground.committed(output, reaches(wanted)));
  for (const [word, count] of Object.entries(wanted)) expect(counts[word]).toBeGreaterThanOrEqual(count);
}, 60_000);

test('exactly once is refused at the start, with what to do', async () => {
  const streams = ground.application(wordCount({ input, output }), { engines: memoryEngines(), client: kafkajs() });
  await expect(streams.start()).rejects.toMatchObject({
    code: 'MR_RUNTIME_CAPABILITY',
    severity: 'user',
    remedy: expect.stringContaining('processing.guarantee=at_least_once'),
  });
  expect(streams.state).toBe('ERROR');
}, 30_000);
