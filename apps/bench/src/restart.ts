/**
 * The start after kill -9: an application counts records by key until it has so many keys of state, is killed while transactions are open, and
 * starts again on the same state directory. Measured: how long from the group's assignment to the first record, and how much of the changelog
 * was replayed. Every record must be counted once in the end.
 */
import { systemClock } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import type { ApplicationJob, ApplicationReport, RunningApplication } from './application/application.ts';
import { endsOf, loadTopic, partitionsOf, sum } from './bench-topics.ts';
import { forget } from './drain.ts';
import type { BenchRecord } from './nexmark/bids.ts';
import { readCommitted } from './read-committed.ts';

export interface KillableApplication extends RunningApplication {
  /** kill -9 */
  kill(): Promise<void>;
}

export interface RestartPlan {
  readonly keys: number;
  /** Unique a run. */
  readonly applicationId: string;
  readonly bootstrapServers: string;
  readonly stateDir: string;
}

export interface RestartResult {
  readonly bench: 'restart';
  readonly keys: number;
  /** Of the assignment to the first record processed, and until all tasks process. */
  readonly assignedToFirstS: number;
  readonly assignedToRunningS: number;
  /** Of the start of the process to the first record processed. */
  readonly startToFirstS: number;
  /** Records of the changelog that were replayed, and that there are. */
  readonly restoredRecords: number;
  readonly changelogRecords: number;
  /** Records counted, by the changelog, and records fed. */
  readonly counted: number;
  readonly fed: number;
  /** The greater of both processes. */
  readonly peakRssMB: number;
  readonly wantedS: number;
  readonly reached: boolean;
}

type Start = (job: ApplicationJob) => Promise<KillableApplication>;

const wantedS = 2;
const pollMs = 50;
/** Committed rows are in the store a second later at most. */
const restMs = 1_500;
const epochMs = 1_735_689_600_000;

/** @throws when a record was lost or counted twice */
export async function restart(
  client: KafkaClient,
  plan: RestartPlan,
  { start, say, keep }: { readonly start: Start; readonly say: (text: string) => void; readonly keep: boolean },
): Promise<RestartResult> {
  const { applicationId, keys } = plan;
  const input = `${applicationId}-in`;
  const fed = keys + Math.ceil(keys / 10);
  const job = jobOf(plan, input);
  try {
    await loadTopic(client, input, { count: keys, records: recordsOf(keys, keys) }, say);
    const first = await start(job);
    await reaches(first, keys);
    await committed(client, first, applicationId, input);
    await systemClock.sleep(restMs);
    say(`${keys} keys of state; to be killed while it counts more`);
    const feeding = loadTopic(client, input, { count: fed, records: recordsOf(keys, fed) }, say);
    await reaches(first, keys + (fed - keys) / 4);
    const { peakRssMB } = await first.report();
    await first.kill();
    await feeding;
    const second = await start(job);
    await committed(client, second, applicationId, input);
    const report = await second.report();
    await second.stop();
    return await resultOf(client, plan, { report, fed, peakRssMB: Math.max(peakRssMB, report.peakRssMB) });
  } finally {
    if (!keep) await forget(client, applicationId);
  }
}

function jobOf({ applicationId, bootstrapServers, stateDir }: RestartPlan, input: string): ApplicationJob {
  return {
    program: 'count',
    topics: { bids: input, ticks: '', output: '' },
    records: 0,
    config: {
      applicationId,
      bootstrapServers,
      stateDir,
      // Static: it gets its tasks back at once, not when the session of the dead one is over.
      groupInstanceId: 'only',
    },
  };
}

/** A record of each key, and then over again. */
function* recordsOf(keys: number, count: number): Generator<BenchRecord> {
  const value = Buffer.from('x');
  for (let i = 0; i < count; i++) {
    const key = Buffer.allocUnsafe(8);
    key.writeBigInt64BE(BigInt(i % keys));
    yield { key, value, timestamp: epochMs + i };
  }
}

async function reaches(application: RunningApplication, records: number): Promise<void> {
  while ((await application.report()).processed < records) await systemClock.sleep(pollMs);
}

async function committed(
  client: KafkaClient,
  application: RunningApplication,
  group: string,
  input: string,
): Promise<void> {
  const end = sum(await endsOf(client.admin, input));
  for (;;) {
    application.check();
    const offsets = await client.admin.groupOffsets(group, partitionsOf(input));
    if (sum(offsets.map(({ offset }) => offset)) >= end) return;
    await systemClock.sleep(pollMs);
  }
}

async function resultOf(
  client: KafkaClient,
  { applicationId, keys }: RestartPlan,
  { report, fed, peakRssMB }: { readonly report: ApplicationReport; readonly fed: number; readonly peakRssMB: number },
): Promise<RestartResult> {
  const { assignedAtMs = NaN, firstProcessedAtMs = NaN, runningAtMs = NaN, startedAtMs } = report;
  const { changelogRecords, counted } = await countsOf(client, `${applicationId}-counts-changelog`);
  const assignedToFirstS = secondsBetween(assignedAtMs, firstProcessedAtMs);
  if (counted !== fed) throw new Error(`${counted} records were counted, ${fed} were fed`);
  return {
    bench: 'restart',
    keys,
    assignedToFirstS,
    assignedToRunningS: secondsBetween(assignedAtMs, runningAtMs),
    startToFirstS: secondsBetween(startedAtMs, firstProcessedAtMs),
    restoredRecords: report.restoredRecords,
    changelogRecords,
    counted,
    fed,
    peakRssMB,
    wantedS,
    reached: assignedToFirstS < wantedS,
  };
}

/** The sum of the counts of all keys, as committed in the changelog. */
async function countsOf(
  client: KafkaClient,
  changelog: string,
): Promise<{ readonly changelogRecords: number; readonly counted: number }> {
  const counts = new Map<number, number>();
  let changelogRecords = 0;
  await readCommitted(client, changelog, (key, value) => {
    changelogRecords++;
    if (key !== null && value !== null) counts.set(Number(key.readBigInt64BE()), Number(value.readBigInt64BE()));
  });
  return { changelogRecords, counted: sum([...counts.values()]) };
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.round(toMs - fromMs) / 1_000;
}
