/** The worker process and a cluster: ready, measured, drained by SIGTERM, resumed; and topics that do not fit. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServiceProcess } from '@millrace/testing';

const main = path.join(import.meta.dirname, '../../dist/main.js');

/** `open` gives the bootstrap servers; `close` ends what it opened. */
export function workerSuite(name: string, open: () => Promise<string>, close: () => Promise<void>): void {
  describe(`on ${name}`, () => {
let bootstrapServers = '';
let client: KafkaClient;
const unique = systemRandom.uuid().slice(0, 8);
const words = `worker-words-${unique}`;
const counts = `worker-counts-${unique}`;
const workers: ServiceProcess[] = [];
function worker(env: Readonly<Record<string, string>> = {}): ServiceProcess {
  const started = new ServiceProcess(main, {
    MILLRACE_TOPOLOGY: path.join(import.meta.dirname, 'word-count.mjs'),
    APPLICATION_ID: `worker-${unique}`,
    BOOTSTRAP_SERVERS: bootstrapServers,
    STATE_DIR: mkdtempSync(path.join(tmpdir(), 'worker-')),
    WORDS: words,
    COUNTS: counts,
    ...env,
  });
  workers.push(started);
  return started;
}

beforeAll(async () => {
  bootstrapServers = await open();
  client = clientOf(bootstrapServers);
  await client.connect();
  const topic = (name: string, partitions: number) => ({ name, partitions, replicationFactor: 1 });
  await client.admin.createTopics([topic(words, 4), topic(counts, 4), topic(`odd-${unique}-by-word-repartition`, 3)]);
});

afterAll(async () => {
  for (const one of workers) one.signal('SIGKILL');
  await Promise.all(workers.map(({ exit }) => exit));
  await client.admin.deleteTopics((await client.listTopics()).filter((name) => name.includes(unique)));
  await client.close();
  await close();
});

async function feed(count: number): Promise<void> {
  const producer = client.producer();
  await producer.prepare([words]);
  for (let i = 0; i < count; i++)
    producer.append(words, i % 4, Buffer.from(`k${i}`), Buffer.from(`w${i % 20}`), systemClock.now());
  await producer.flush();
  await producer.close();
}

/** Waits for `/health/ready`, looking again until it answers 200. */
async function ready(one: ServiceProcess): Promise<void> {
  while ((await one.get('/health/ready')).status !== 200) await systemClock.sleep(50);
}

/** The value of a sample without labels. */
async function metric(one: ServiceProcess, name: string): Promise<number> {
  const { body } = await one.get('/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
}

async function processed(one: ServiceProcess, wanted: number): Promise<void> {
  while ((await metric(one, 'millrace_records_processed_total')) < wanted) await systemClock.sleep(50);
}

test('SIGTERM drains: what was taken is committed, the group is left at once, a restart resumes from the local state', async () => {
  const state = { STATE_DIR: mkdtempSync(path.join(tmpdir(), 'worker-')) };
  const first = worker(state);
  await ready(first);
  await feed(1_000);
  await processed(first, 2_000);
  first.signal('SIGTERM');
  expect(await first.exit).toBe(0);
  expect((await client.admin.describeGroup(`worker-${unique}`)).members).toEqual([]);

  const second = worker(state);
  await ready(second);
  await feed(1_000);
  await processed(second, 2_000);
  expect(await metric(second, 'millrace_restored_records_total')).toBe(0);
  const { body } = await second.get('/metrics');
  expect(body).toMatch(/^millrace_streams_state\{state="RUNNING"\} 1$/m);
  expect(body).toMatch(/^millrace_tasks\{thread="0"\} 8$/m);
  expect(body).toMatch(new RegExp(`^millrace_lag_records\\{topic="${words}",partition="\\d"\\} 0$`, 'm'));
  expect(body).toMatch(/^millrace_commit_latency_seconds_bucket\{le="\+Inf"\} [1-9]/m);
  second.signal('SIGTERM');
  expect(await second.exit).toBe(0);
}, 60_000);

test('a worker that is killed and comes back to its state has its tasks at once, not after its session of 45 s', async () => {
  const env = { APPLICATION_ID: `killed-${unique}`, STATE_DIR: mkdtempSync(path.join(tmpdir(), 'worker-')) };
  const [first, other] = [worker(env), worker({ APPLICATION_ID: env.APPLICATION_ID })];
  await Promise.all([ready(first), ready(other)]);
  first.signal('SIGKILL');
  await first.exit;
  const again = worker(env);
  await ready(again);
  expect((await again.get('/metrics')).body).toMatch(/^millrace_tasks\{thread="0"\} 4$/m);
});

    test('a record that cannot be read ends the worker with its position and a remedy, and nothing of it is committed', async () => {
      await feed(1);
      const failing = worker({ APPLICATION_ID: `numbers-${unique}`, NUMBERS: 'yes' });
      expect(await failing.exit).toBe(1);
      const last = failing.lines.at(-1);
      expect(last).toMatchObject({ level: 'error', code: expect.stringMatching(/^MR_/), remedy: expect.any(String) });
      expect(last?.text).toContain(`${words}-`);
      expect(JSON.stringify(failing.lines)).not.toContain('    at ');
      expect(await client.admin.groupOffsets(`numbers-${unique}`)).toEqual([]);
    });

test.each([
  [
    'an input that is missing',
    { WORDS: 'nobody-made-this' },
    'MR_RUNTIME_SOURCE_TOPIC_MISSING',
    /kafka-topics.*nobody-made-this/,
  ],
  ['a result topic that is missing', { COUNTS: 'nor-this' }, 'MR_RUNTIME_SINK_TOPIC_MISSING', /topics=create/],
  [
    'an internal topic of another width',
    { APPLICATION_ID: `odd-${unique}` },
    'MR_RUNTIME_INTERNAL_TOPIC_PARTITIONS',
    /another application.id/,
  ],
])('%s ends the worker with exit code 2, the topic and a remedy', async (_name, env, code, remedy) => {
  const failing = worker(env);
  expect(await failing.exit).toBe(2);
  expect(failing.lines.at(-1)).toMatchObject({ level: 'error', code, remedy: expect.stringMatching(remedy) });
  expect(JSON.stringify(failing.lines)).not.toContain('    at ');
});
  });
}

function clientOf(bootstrapServers: string): KafkaClient {
  return createKafkaClient({
  bootstrapServers,
  clientId: 'worker-test',
  transport: tcpTransport(),
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
}
