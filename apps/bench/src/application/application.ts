/**
 * One application of a bench with what is measured of it: CPU of the whole process, all threads, at the first record polled, at half of the
 * input and at the last commit. It runs in a process of its own, so that nothing else is in its figures.
 */
import { systemClock, type Logger } from '@millrace/base';
import { KafkaStreams, defaultPorts, parseConfig, type StreamsConfigInput } from 'millrace';
import { watched, type Watch } from './watched-client.ts';
import { programOf, type ProgramName } from './programs.ts';
import type { WorkloadTopics } from '../workloads.ts';

/** What to run; plain data, since it travels to another process. */
export interface ApplicationJob {
  readonly program: ProgramName;
  readonly topics: WorkloadTopics;
  /** Records of the topic `bids`, half of which is a mark. */
  readonly records: number;
  readonly config: StreamsConfigInput;
}

/** Where an application stood at one moment. Times in ms of the Unix epoch, monotonic within a process. */
export interface Mark {
  readonly atMs: number;
  readonly cpuMs: number;
  /** Input records polled. */
  readonly polled: number;
}

/** What an application measured of itself; marks that it has not reached are absent. */
export interface ApplicationReport {
  readonly startedAtMs: number;
  readonly firstPoll?: Mark;
  readonly half?: Mark;
  readonly lastCommit?: Mark;
  readonly assignedAtMs?: number;
  /** All tasks process. */
  readonly runningAtMs?: number;
  readonly firstProcessedAtMs?: number;
  readonly peakRssMB: number;
  readonly processed: number;
  readonly restoredRecords: number;
  readonly commits: number;
  readonly commitMsMean: number;
}

/** An application that runs, here or in another process. */
export interface RunningApplication {
  report(): Promise<ApplicationReport>;
  /** Throws when it has ended by itself. */
  check(): void;
  stop(): Promise<void>;
}

type Marks = { -readonly [N in keyof ApplicationReport]?: ApplicationReport[N] };

export async function startApplication(job: ApplicationJob, logger: Logger): Promise<RunningApplication> {
  const config = parseConfig(job.config);
  const ports = defaultPorts(config, logger);
  const marks: Marks = {};
  const watch = watchOf(job.records, marks);
  const program = programOf(job.program, job.topics, () => (marks.firstProcessedAtMs ??= epochMs()));
  const streams = new KafkaStreams(program, config, {
    ...ports,
    client: watched(ports.client, job.topics.bids, watch),
  });
  streams.onStateChange((state) => {
    if (state === 'RUNNING') marks.runningAtMs ??= epochMs();
  });
  await streams.start();
  return {
    report: async () => ({ startedAtMs: performance.timeOrigin, ...marks, ...counters(streams) }),
    check: () => {
      if (streams.failure !== undefined) throw streams.failure;
    },
    stop: () => streams.close(),
  };
}

function watchOf(total: number, marks: Marks): Watch {
  let polled = 0;
  const mark = (): Mark => {
    const { user, system } = process.cpuUsage();
    return { atMs: epochMs(), cpuMs: (user + system) / 1_000, polled };
  };
  return {
    polled: (records) => {
      marks.firstPoll ??= mark();
      polled += records;
      if (polled >= total / 2) marks.half ??= mark();
    },
    committed: () => void (marks.lastCommit = mark()),
    assigned: () => (marks.assignedAtMs ??= epochMs()),
  };
}

function counters(streams: KafkaStreams): Omit<ApplicationReport, 'startedAtMs'> {
  const { processed, restoredRecords, commits, commitLatency } = streams.metrics();
  const peakRssMB = Math.round(process.resourceUsage().maxRSS / 1_024);
  return { peakRssMB, processed, restoredRecords, commits, commitMsMean: commitLatency.sumMs / Math.max(1, commits) };
}

function epochMs(): number {
  return performance.timeOrigin + systemClock.monotonic();
}
