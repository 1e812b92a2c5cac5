/**
 * The drain of a workload, as the peer suite defines it: an application with a new group reads the input to its end as fast as it can. Done when
 * the offsets are committed to the end and the output has rested; the figures end at the last commit. Workloads that emit on close then get one late
 * record a partition, which closes every window of the input.
 */
import { systemClock } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import type { ApplicationJob, ApplicationReport, Mark, RunningApplication } from './application/application.ts';
import { createTopics, endsOf, partitions, partitionsOf } from './bench-topics.ts';
import { bidRecord, eventTimeMs } from './nexmark/bids.ts';
import { topicDigest } from './topic-digest.ts';
import type { Workload, WorkloadTopics } from './workloads.ts';

export interface DrainOptions {
  readonly workload: Workload;
  readonly exactlyOnce: boolean;
  readonly commitMs: number;
  readonly threads: number;
  /** Unique a run: the group, and the start of the name of every topic of the run. */
  readonly applicationId: string;
  readonly bids: string;
  readonly records: number;
  readonly bootstrapServers: string;
  readonly stateDir: string;
}

/** What the line of a run has in common with that of the JVM, and is compared. */
export interface RunResult {
  readonly cpuPerM: number;
  readonly cpuPerMSecondHalf: number;
  readonly wallS: number;
  readonly peakRssMB: number;
  readonly digest: string;
}

/** The line of a run, in the peer suite's names. CPU seconds are user and system, all threads, per million records where it says PerM. */
export interface DrainResult extends RunResult {
  readonly peer: string;
  readonly workload: string;
  readonly guarantee: 'eos' | 'alos';
  readonly commitMs: number;
  readonly threads: number;
  readonly records: number;
  readonly recPerS: number;
  readonly cpuS: number;
  readonly wallWithStartS: number;
  readonly cpuWithStartS: number;
  readonly commits: number;
  readonly commitMsMean: number;
  readonly outRecords: number;
}

type Start = (job: ApplicationJob) => Promise<RunningApplication>;

const pollMs = 50;
/** How long nothing may move before it is over. */
const restMs = 1_000;
/** Longer than the interval at which closed windows are looked for. */
const beforeTickMs = 1_100;
const tickLeadMs = 120_000;

/** Runs it; the topics of the run are deleted afterwards unless `keep`. */
export async function drain(
  client: KafkaClient,
  options: DrainOptions,
  { start, keep }: { readonly start: Start; readonly keep: boolean },
): Promise<DrainResult> {
  const { applicationId: id, bids, workload } = options;
  const topics = { bids, ticks: `${id}-ticks`, output: `${id}-out` };
  await createTopics(client.admin, workload.emitsOnClose ? [topics.output, topics.ticks] : [topics.output]);
  try {
    const application = await start(jobOf(options, topics));
    const { report, idleMs, drained } = await measured(client, options, topics, application);
    await application.stop();
    return resultOf(options, { report, idleMs, drained, output: await topicDigest(client, topics.output) });
  } finally {
    if (!keep) await forget(client, id);
  }
}

function jobOf(options: DrainOptions, topics: WorkloadTopics): ApplicationJob {
  const { applicationId, bootstrapServers, workload, records, exactlyOnce, commitMs, threads, stateDir } = options;
  return {
    program: workload.name,
    topics,
    records,
    config: {
      applicationId,
      bootstrapServers,
      stateDir,
      processingGuarantee: exactlyOnce ? 'exactly_once_v2' : 'at_least_once',
      commitIntervalMs: commitMs,
      numStreamThreads: threads,
    },
  };
}

interface Measured {
  readonly report: ApplicationReport;
  /** The last commit of the input itself. */
  readonly drained: Mark;
  /** Between that commit and the ticks. */
  readonly idleMs: number;
}

async function measured(
  client: KafkaClient,
  { applicationId, workload, records }: DrainOptions,
  topics: WorkloadTopics,
  application: RunningApplication,
): Promise<Measured> {
  const settled = (inputs: readonly string[]): Promise<ApplicationReport> =>
    settle(client, application, { group: applicationId, inputs, output: topics.output });
  const afterInput = await settled([topics.bids]);
  const drained = reached(afterInput.lastCommit);
  if (!workload.emitsOnClose) return { report: afterInput, drained, idleMs: 0 };
  await systemClock.sleep(beforeTickMs);
  const idleMs = performance.timeOrigin + systemClock.monotonic() - drained.atMs;
  await tick(client, topics.ticks, eventTimeMs(records - 1) + tickLeadMs);
  return { report: await settled([topics.bids, topics.ticks]), drained, idleMs };
}

/** Waits until all of the inputs is committed and nothing has moved for a while. */
async function settle(
  client: KafkaClient,
  application: RunningApplication,
  { group, inputs, output }: { readonly group: string; readonly inputs: readonly string[]; readonly output: string },
): Promise<ApplicationReport> {
  const ends = new Map<string, number>();
  for (const topic of inputs)
    (await endsOf(client.admin, topic)).forEach((end, partition) => ends.set(`${topic}-${partition}`, end));
  let before = '';
  let movedAtMs = systemClock.monotonic();
  for (;;) {
    application.check();
    const offsets = await client.admin.groupOffsets(group, inputs.flatMap(partitionsOf));
    const committed = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    const state = JSON.stringify([[...committed], await endsOf(client.admin, output)]);
    const now = systemClock.monotonic();
    if (state !== before) movedAtMs = now;
    before = state;
    const isDone = [...ends].every(([partition, end]) => end === 0 || (committed.get(partition) ?? 0) >= end);
    if (isDone && now - movedAtMs > restMs) return application.report();
    await systemClock.sleep(pollMs);
  }
}

/** One bid a partition that closes the windows before it; its own window never closes. */
async function tick(client: KafkaClient, topic: string, timeMs: number): Promise<void> {
  const bid = { auction: -1, bidder: -1, price: 1, channel: 'tick', url: '', dateTime: timeMs, extra: '' };
  const { key, value, timestamp } = bidRecord(bid);
  const producer = client.producer();
  try {
    await producer.prepare([topic]);
    for (let partition = 0; partition < partitions; partition++)
      producer.append(topic, partition, key, value, timestamp);
    await producer.flush();
  } finally {
    await producer.close();
  }
}

/** Deletes what carries the name of the run. */
export async function forget(client: KafkaClient, applicationId: string): Promise<void> {
  const own = (await client.listTopics()).filter((topic) => topic.startsWith(applicationId));
  await client.admin.deleteTopics(own);
  await client.admin.deleteGroup(applicationId).catch(() => undefined);
}

function reached(mark: Mark | undefined): Mark {
  if (mark === undefined) throw new Error('the application has read no record of the input');
  return mark;
}

function resultOf(
  { workload, exactlyOnce, commitMs, threads, records }: DrainOptions,
  { report, idleMs, drained, output }: Measured & { readonly output: { readonly count: number; toString(): string } },
): DrainResult {
  const first = reached(report.firstPoll);
  const half = reached(report.half);
  const last = reached(report.lastCommit);
  const perMillion = (cpuMs: number, of: number): number => (cpuMs / of) * 1_000;
  const wallMs = last.atMs - first.atMs - idleMs;
  return {
    peer: 'millrace',
    workload: workload.name,
    guarantee: exactlyOnce ? 'eos' : 'alos',
    commitMs,
    threads,
    records,
    wallS: rounded(wallMs / 1_000),
    recPerS: Math.round((records / wallMs) * 1_000),
    cpuS: rounded((last.cpuMs - first.cpuMs) / 1_000),
    cpuPerM: rounded(perMillion(last.cpuMs - first.cpuMs, records)),
    cpuPerMSecondHalf: rounded(perMillion(drained.cpuMs - half.cpuMs, records - half.polled)),
    wallWithStartS: rounded((last.atMs - report.startedAtMs - idleMs) / 1_000),
    cpuWithStartS: rounded(last.cpuMs / 1_000),
    peakRssMB: report.peakRssMB,
    commits: report.commits,
    commitMsMean: rounded(report.commitMsMean),
    outRecords: output.count,
    digest: output.toString(),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
