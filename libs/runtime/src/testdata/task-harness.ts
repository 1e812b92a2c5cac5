/** One task without a thread: records in, what it writes out. */
import { silentLogger, type Clock } from '@millrace/base';
import type { FetchedBatch, Header, StateEngines } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { stateMemory, type StateMemory } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import { internalTopicName, subtopologies, type Program } from '@millrace/topology';
import type { RecordCollector, StreamTask } from '../task/stream-task.ts';
import { TaskMetrics } from '../task/task-metrics.ts';
import type { TaskOptions } from '../task/task-options.ts';
import { createTask } from '../task/task.ts';

/** Name and value, in hex. */
export type HexHeader = readonly [name: string, value: string | null];

export interface Written {
  readonly topic: string;
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
  /** Absent: none. */
  readonly headers?: readonly HexHeader[];
}

/** A clock that stands still until it is moved. */
export interface HandClock extends Clock {
  timeMs: number;
}

export function handClock(): HandClock {
  const clock: HandClock = {
    timeMs: 0,
    now: () => clock.timeMs,
    monotonic: () => clock.timeMs,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: () => Promise.resolve(),
  };
  return clock;
}

/** A record that was written, as tests compare it. */
export function writtenRecord(
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestamp: number | null,
  headers: readonly Header[] = [],
): Written {
  return {
    topic,
    key: key === null ? '' : Buffer.from(key).toString('latin1'),
    value: hex(value),
    timestamp: timestamp ?? -1,
    ...(headers.length === 0 ? {} : { headers: headers.map((one): HexHeader => [one.key, hex(one.value)]) }),
  };
}

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

/** Collects what a task writes; offsets count up per topic. */
export function collector(): RecordCollector & { readonly written: Written[] } {
  const written: Written[] = [];
  const counts = new Map<string, number>();
  return {
    written,
    append: (topic, _partition, ...record) => {
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
      written.push(writtenRecord(topic, ...record));
    },
    partitionCount: () => 1,
    endOffset: (topic) => counts.get(topic),
  };
}

export type TestRecord = readonly [
  key: string | Buffer | null,
  value: string | Buffer | null,
  timestamp: number,
  headers?: readonly HexHeader[] | undefined,
];

export function batch(topic: string, baseOffset: number, records: readonly TestRecord[]): FetchedBatch {
  const bytes = (text: string | Buffer | null | undefined): Buffer | null =>
    text === null || text === undefined ? null : Buffer.from(text as string);
  return {
    topic,
    partition: 0,
    count: records.length,
    nextOffset: baseOffset + records.length,
    leaderEpoch: 0,
    offset: (i) => baseOffset + i,
    timestamp: (i) => records[i]?.[2] ?? -1,
    key: (i) => bytes(records[i]?.[0]),
    value: (i) => bytes(records[i]?.[1]),
    headers: (i) =>
      (records[i]?.[3] ?? []).map(([key, value]) => ({
        key,
        value: value === null ? null : Buffer.from(value, 'hex'),
      })),
  };
}

/** What was written to a topic, as a batch of that topic. */
export function logged(written: readonly Written[], topic: string): FetchedBatch {
  return batch(topic, 0, written.filter((one) => one.topic === topic).map(readAgain));
}

/** A record that was written, as somebody else reads it. */
export function readAgain({ key, value, timestamp, headers }: Written): TestRecord {
  return [Buffer.from(key, 'latin1'), value === null ? null : Buffer.from(value, 'hex'), timestamp, headers];
}

export interface Running {
  readonly task: StreamTask;
  readonly written: Written[];
  readonly metrics: TaskMetrics;
  readonly clock: HandClock;
  readonly memory: StateMemory;
}

export interface RunOptions {
  /** Which sub-topology. @default 0 */
  readonly part?: number;
  readonly engines?: StateEngines;
  readonly output?: ReturnType<typeof collector>;
  readonly clock?: HandClock;
  readonly memory?: StateMemory;
  readonly task?: Partial<TaskOptions>;
}

export async function run(program: Program, options: RunOptions = {}): Promise<Running> {
  const { part = 0 } = options;
  const subtopology = subtopologies(program.topology)[part];
  if (subtopology === undefined) throw new Error('no such sub-topology');
  const inputs = [
    ...subtopology.sourceTopics,
    ...subtopology.repartitionSources.map((name) => internalTopicName('app', name)),
  ];
  const { engines = memoryEngines(), output = collector(), clock = handClock(), memory = stateMemory() } = options;
  const metrics = new TaskMetrics();
  const task = createTask({
    id: { subtopology: part, partition: 0 },
    program,
    subtopology,
    applicationId: 'app',
    inputs: inputs.map((topic) => ({ topic, partition: 0 })),
    engines,
    collector: output,
    registry: undefined,
    logger: silentLogger,
    metrics,
    clock,
    memory,
    defaultKeySerde: Serdes.string(),
    defaultValueSerde: Serdes.string(),
    ...options.task,
  });
  await task.open();
  return { task, written: output.written, metrics, clock, memory };
}

/** Processes all that waits, reading what is needed in between. */
export async function drain(task: StreamTask, limit = 1_000): Promise<void> {
  for (let wait = task.prefetch(); ; wait = task.prefetch()) {
    await wait;
    if (task.process(limit) === 0 && wait === undefined) return;
  }
}

/** What a thread does at a commit that succeeds. */
export async function commit(task: StreamTask): Promise<void> {
  await task.seal();
  await task.apply();
}
