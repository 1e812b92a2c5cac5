/** Small drains, end to end on an embedded broker over TCP; the results against folds of the input that know nothing of streams. */
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, serveBroker } from '@millrace/broker';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startApplication } from './application/application.ts';
import { TopicError, endsOf, loadTopic } from './bench-topics.ts';
import { Digest } from './digest.ts';
import { drain, type DrainResult } from './drain.ts';
import { bidSchema, generateBids, type Bid } from './nexmark/bids.ts';
import { topicDigest } from './topic-digest.ts';
import { workloads } from './workloads.ts';

const records = 5_000;
const bidType = avsc.Type.forSchema(bidSchema as unknown as avsc.Schema);
const statsType = avsc.Type.forSchema({
  type: 'record',
  name: 'Stats',
  fields: [
    ...['auction', 'windowStart', 'count', 'sum', 'min', 'max'].map((name) => ({ name, type: 'long' })),
    ...['avg', 'variance'].map((name) => ({ name, type: 'double' })),
  ],
});
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger });
const stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-drain-'));
let bootstrapServers: string;
let client: KafkaClient;
let stopServing: () => Promise<void>;

beforeAll(async () => {
  const server = await serveBroker(broker);
  stopServing = () => server.close();
  bootstrapServers = `${server.address.host}:${server.address.port}`;
  client = createKafkaClient({
    bootstrapServers,
    clientId: 'drain-test',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  await client.connect();
});

afterAll(async () => {
  await client.close();
  await stopServing();
  broker.close();
  rmSync(stateDir, { recursive: true, force: true });
});

function run(name: 'W1' | 'W3', exactlyOnce: boolean): Promise<DrainResult> {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(name);
  const applicationId = `drain-${name.toLowerCase()}-${exactlyOnce ? 'eos' : 'alos'}`;
  const options = { workload, exactlyOnce, commitMs: 50, threads: 1, records, bids: 'bids', applicationId };
  return drain(
    client,
    { ...options, bootstrapServers, stateDir },
    { start: (job) => startApplication(job, silentLogger), keep: false },
  );
}

function load(count: number): Promise<void> {
  return loadTopic(client, 'bids', { count, records: generateBids(count) }, () => undefined);
}

/** q1 by hand: the price in the bytes of each bid replaced. */
function pricesInEuro(): string {
  const digest = new Digest();
  for (const { key, value } of generateBids(records)) {
    const bid = bidType.fromBuffer(value.subarray(5)) as Bid;
    const euro = { ...bid, price: Math.trunc((bid.price * 908) / 1_000) };
    digest.add(key, Buffer.concat([value.subarray(0, 5), bidType.toBuffer(euro)]));
  }
  return digest.toString();
}

/** The statistics of each auction and minute; 5,000 bids span half a second and the late ones the minute before, so that none is dropped. */
function statsByMinute(): string {
  const prices = new Map<string, { auction: number; windowStart: number; all: number[] }>();
  for (const { value, timestamp } of generateBids(records)) {
    const { auction, price } = bidType.fromBuffer(value.subarray(5)) as Bid;
    const windowStart = timestamp - (timestamp % 60_000);
    const name = `${auction} ${windowStart}`;
    prices.set(name, { auction, windowStart, all: [...(prices.get(name)?.all ?? []), price] });
  }
  const digest = new Digest();
  for (const { auction, windowStart, all } of prices.values()) {
    const key = Buffer.alloc(16);
    key.writeBigInt64BE(BigInt(auction));
    key.writeBigInt64BE(BigInt(windowStart), 8);
    const frame = Buffer.from([0, 0, 0, 0, 11]);
    digest.add(key, Buffer.concat([frame, statsType.toBuffer({ auction, windowStart, ...statsOf(all) })]));
  }
  return digest.toString();
}

function statsOf(prices: readonly number[]): Record<string, number> {
  const sum = prices.reduce((a, b) => a + b);
  const avg = sum / prices.length;
  const variance = prices.reduce((a, b) => a + b * b, 0) / prices.length - avg * avg;
  return { count: prices.length, sum, min: Math.min(...prices), max: Math.max(...prices), avg, variance };
}

test('an interrupted load is completed with the same bytes at the same offsets; another size is refused', async () => {
  await loadTopic(
    client,
    'bids',
    { count: records, records: [...generateBids(records)].slice(0, 2_000) },
    () => undefined,
  );
  expect((await endsOf(client.admin, 'bids')).reduce((a, b) => a + b)).toBe(2_000);
  await load(records);
  await load(records);
  const digest = new Digest();
  for (const { key, value } of generateBids(records)) digest.add(key, value);
  expect((await topicDigest(client, 'bids')).toString()).toBe(digest.toString());
  await expect(load(4_999)).rejects.toThrow(TopicError);
});

test.each([true, false])('W1, exactly once %s: every price is converted once', async (exactlyOnce) => {
  const result = await run('W1', exactlyOnce);
  expect(result).toMatchObject({ records, outRecords: records, digest: pricesInEuro() });
  expect(result.cpuS).toBeGreaterThan(0);
  expect(await client.listTopics()).not.toContain(`drain-w1-${exactlyOnce ? 'eos' : 'alos'}-out`);
});

test('W3, exactly once: the statistics of each minute come out once', async () => {
  expect(await run('W3', true)).toMatchObject({ records, digest: statsByMinute() });
});
