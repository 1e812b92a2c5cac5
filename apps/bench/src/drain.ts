/**
 * Drain mode, as the peers are measured: the application reads its input from the beginning with a new group, and the figures end with the last
 * movement of committed offsets and output. CPU is of this process, harness included.
 */
import { silentLogger, systemClock, systemRandom, type Logger } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { KafkaStreams } from 'millrace';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cpuSeconds, mark, type Mark } from './meter.ts';
import type { BenchOptions } from './options.ts';
import { createRunTopics, deleteRunTopics, digestOf, endOf, loadBids, partitionsOf, tick } from './topics.ts';
import { workloads, type Workload } from './workloads.ts';

/** The JSON line; see the README of the peer benches for the fields. */
export type Result = Readonly<Record<string, string | number>>;

interface Marks {
  readonly first: Mark;
  readonly half: Mark;
  readonly drained: Mark;
  readonly last: Mark;
  readonly idleMs: number;
}

const pollMs = { processed: 10, settled: 50 };
/** Final results are looked for once a second. */
const emitPauseMs = 1_100;

export function benchClient(bootstrapServers: string, clientId: string, logger: Logger = silentLogger): KafkaClient {
  const machine = { clock: systemClock, random: systemRandom };
  return createKafkaClient({ bootstrapServers, clientId, transport: tcpTransport(), logger, ...machine });
}

export async function drain(options: BenchOptions, bootstrap: string): Promise<Result> {
  const workload = workloads.find(({ name }) => name === options.workload) as Workload;
  const application = `millrace-${workload.name.toLowerCase()}-${Date.now().toString(36)}`;
  const topics = { bids: `${options.prefix}bids`, ticks: `${application}-ticks`, output: `${application}-out` };
  const client = benchClient(bootstrap, 'bench');
  await client.connect();
  const stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));
  try {
    await loadBids(client, topics.bids, options.records);
    await createRunTopics(client, workload.emitsOnClose ? [topics.output, topics.ticks] : [topics.output]);
    const streams = new KafkaStreams(workload.program(topics), {
      applicationId: application,
      bootstrapServers: bootstrap,
      stateDir,
      processingGuarantee: options.exactlyOnce ? 'exactly_once_v2' : 'at_least_once',
      commitIntervalMs: options.commitMs,
      numStreamThreads: options.threads,
    });
    await streams.start();
    const marks = await measured(streams, client, { application, topics, options, workload });
    const stateBytes = sizeOf(stateDir);
    await streams.close();
    const digest = String(await digestOf(client, topics.output));
    return resultOf(options, marks, { digest, stateBytes, output: topics.output });
  } finally {
    if (!options.keep) await deleteRunTopics(client, application);
    await client.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

interface Run {
  readonly application: string;
  readonly topics: { readonly bids: string; readonly ticks: string; readonly output: string };
  readonly options: BenchOptions;
  readonly workload: Workload;
}

async function measured(streams: KafkaStreams, client: KafkaClient, run: Run): Promise<Marks> {
  const { options, workload, topics } = run;
  const processed = (): number => streams.metrics().processed;
  const reaches = async (count: number): Promise<Mark> => {
    while (processed() < count) await systemClock.sleep(pollMs.processed);
    return mark(processed());
  };
  const first = await reaches(1);
  const half = await reaches(options.records / 2);
  await reaches(options.records);
  const drained = await settled(client, run, options.records);
  if (!workload.emitsOnClose) return { first, half, drained, last: drained, idleMs: 0 };
  await systemClock.sleep(emitPauseMs);
  const resumedMs = performance.now();
  await tick(client, topics.ticks, options.records);
  const last = await settled(client, run, options.records);
  return { first, half, drained, last, idleMs: resumedMs - drained.wallMs };
}

/** Waits until all input is committed and nothing has moved for a second; gives the moment of the last movement. */
async function settled(client: KafkaClient, { application, topics, workload }: Run, records: number): Promise<Mark> {
  const inputs = workload.emitsOnClose ? [topics.bids, topics.ticks] : [topics.bids];
  const ends = await client.admin.listOffsets(inputs.flatMap(partitionsOf), 'latest', 'read_committed');
  let before = '';
  let moved = mark(records);
  for (;;) {
    const now = mark(records);
    const committed = await client.admin.groupOffsets(application);
    const offsets = committed.map(({ topic, partition, offset }) => `${topic}-${partition}=${offset}`).sort();
    const seen = `${offsets.join()} ${await endOf(client, topics.output)}`;
    if (seen !== before) moved = now;
    before = seen;
    const isDone = ends.every(
      ({ topic, partition, offset }) =>
        offset === 0 ||
        committed.some((one) => one.topic === topic && one.partition === partition && one.offset >= offset),
    );
    if (isDone && now.wallMs - moved.wallMs > 1_000) return moved;
    await systemClock.sleep(pollMs.settled);
  }
}

function resultOf(
  { workload, exactlyOnce, commitMs, threads, records }: BenchOptions,
  { first, half, drained, last, idleMs }: Marks,
  { digest, stateBytes, output }: { readonly digest: string; readonly stateBytes: number; readonly output: string },
): Result {
  const wallS = (last.wallMs - first.wallMs - idleMs) / 1_000;
  const cpuS = cpuSeconds(first, last);
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    peer: 'millrace',
    workload,
    guarantee: exactlyOnce ? 'eos' : 'alos',
    commitMs,
    threads,
    records,
    wallS: round(wallS),
    recPerS: Math.round(records / wallS),
    cpuS: round(cpuS),
    cpuPerM: round((cpuS / records) * 1e6),
    cpuPerMSecondHalf: round((cpuSeconds(half, drained) / (records - half.records)) * 1e6),
    wallWithStartS: round((last.wallMs - idleMs) / 1_000),
    cpuWithStartS: round(last.cpuUs / 1e6),
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1_024),
    stateMB: round(stateBytes / 1e6),
    outRecords: Number(digest.split(':')[0]),
    output,
    digest,
  };
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}
