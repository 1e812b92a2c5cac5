/**
 * Recorded cases under other conditions than the recorder's: another engine, tasks apart, rare commits, crashes. What must not depend on them is held
 * against the record as ever; what may is said with its reason in `testdata/depends.json`.
 */
import type { StateEngines } from '@millrace/ports';
import { TaskRun, type TaskRunOptions } from '@millrace/test-driver/task-run';
import type { Program } from '@millrace/topology';
import { buildCase } from './build-case.ts';
import type { CaseInput, GoldenCase } from './golden-case.ts';
import { storeContents } from './store-contents.ts';
import { optionsOf, recordOf, type Outcome, type Produced } from './run-case.ts';

/** How an incarnation of the application ends: killed with work done and not committed, or stopped behind it. */
export type RunEnd = 'stopped' | 'killed' | 'killedAndDiskLost';

export interface Condition {
  readonly shape: TaskRunOptions['shape'];
  /** After how many inputs; 0: at the end, and where the case says so. */
  readonly commitEvery: number;
  /** What happens wherever it must not be seen: the ends in turn, one an input. */
  readonly ends?: readonly RunEnd[];
  /** Only at every so many of such inputs. @default 1 */
  readonly endEvery?: number;
  readonly uncached?: boolean;
  /** Records that are fetched together. @default 1 */
  readonly batchRecords?: number;
  /** Records that a task processes before the next one has its turn. @default 1 */
  readonly limit?: number;
  /** Of each user topic. @default 1 */
  readonly partitions?: number;
  /** `statestore.cache.max.bytes` in place of the case's. */
  readonly cacheBytes?: number;
  readonly residentBytes?: number;
  readonly disk?: () => Promise<StateEngines>;
}

/** Runs a case. Not one that fails or commits by hand: what those come to is a matter of its steps. */
export async function runUnder(golden: GoldenCase, condition: Condition): Promise<Outcome> {
  const { applicationId = 'app', ...options } = optionsOf(golden, golden.config?.['application.id'] ?? 'app');
  const program = buildCase(golden);
  const run = await TaskRun.open({ ...runOptions(program, applicationId, options), ...ownOptions(condition, options) });
  try {
    const produced = await feed(golden, run, condition);
    return {
      applicationId,
      program,
      produced,
      dropped: [...run.dropped.values()].reduce((total, count) => total + count, 0),
      committed: run.committedOffsets,
      stores: condition.disk === undefined ? storeContents(program, applicationId, produced, run) : [],
    };
  } finally {
    await run.close();
  }
}

type Options = Omit<ReturnType<typeof optionsOf>, 'applicationId'>;

function ownOptions(condition: Condition, { statestoreCacheMaxBytes }: Options) {
  const { shape, uncached, batchRecords = 1, partitions = 1, residentBytes, disk } = condition;
  const cacheBytes = uncached === true ? 0 : (condition.cacheBytes ?? statestoreCacheMaxBytes);
  return {
    shape,
    partitions,
    batchRecords,
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    ...(residentBytes === undefined ? {} : { residentBytes }),
    ...(disk === undefined ? {} : { disk }),
  };
}

function runOptions(
  program: Program,
  applicationId: string,
  options: Options,
): Omit<TaskRunOptions, 'shape' | 'partitions' | 'batchRecords'> {
  const {
    deserializationExceptionHandler,
    processingExceptionHandler,
    errorsDeadLetterQueueTopicName: topic,
  } = options;
  return {
    program,
    applicationId,
    maxTaskIdleMs: options.maxTaskIdleMs ?? 0,
    task: {
      defaultKeySerde: options.defaultKeySerde!,
      defaultValueSerde: options.defaultValueSerde!,
      emitIntervalMs: options.emitIntervalMs ?? 0,
      joinEmitIntervalMs: options.joinEmitIntervalMs ?? 0,
      ...(options.upgradeFrom === undefined ? {} : { upgradeFrom: options.upgradeFrom }),
      deadLetters: topic === null || topic === undefined ? null : { topic, batchBytesMax: 1_048_588 },
      processingHandler: processingExceptionHandler ?? 'fail',
      deserializationHandler: deserializationExceptionHandler ?? 'fail',
    },
  };
}

async function feed({ inputs, commit }: GoldenCase, run: TaskRun, condition: Condition): Promise<Produced[]> {
  const { commitEvery, ends = [], endEvery = 1, limit = 1 } = condition;
  const mayEnd = plainEnds(inputs);
  let plain = 0;
  let ended = 0;
  let committed = -1;
  const produced: Produced[] = [];
  let seen = 0;
  const collect = (step: number): void => {
    const { records } = run.log;
    for (; seen < records.length; seen++) {
      const record = records[seen]!;
      if (record.isProduced) produced.push({ ...record, step, n: produced.length });
    }
  };
  for (const [step, input] of inputs.entries()) {
    const isDue = commit !== 'manual' && commitEvery > 0 && (step + 1) % commitEvery === 0;
    if ('advanceWallClockMs' in input) run.advance(input.advanceWallClockMs);
    else if (!('commit' in input)) run.produce(input.topic, recordOf(input));
    const next = ends[ended % ends.length];
    // What is not committed is done again.
    const from = next === 'stopped' && isDue ? step : committed;
    const isPlain = next !== undefined && mayEnd[step] === true && (from < 0 || mayEnd[from] === true);
    const end = isPlain && ++plain % endEvery === 0 ? next : undefined;
    if (end !== undefined) ended++;
    if (end !== undefined && end !== 'stopped') {
      await run.step(Infinity);
      await run.crash(end === 'killed' ? 'kept' : 'lost');
    }
    await work(input, run, isDue, limit);
    if (isDue) committed = step;
    collect(step);
    if (end === 'stopped') await run.restart();
  }
  do await run.commit();
  while ((await run.step(Infinity)) > 0);
  collect(inputs.length - 1);
  return produced;
}

/**
 * After which inputs a restart must not be seen: where no later record is older than one before. Elsewhere it may, as in the JVM library: operators
 * begin with a new stream time, and what was late is in time then.
 */
function plainEnds(inputs: readonly CaseInput[]): boolean[] {
  const times = inputs.map((input) => ('ts' in input ? input.ts : undefined));
  return times.map((_, i) => {
    const greatest = Math.max(-1, ...times.slice(0, i + 1).map((ts) => ts ?? -1));
    return times.slice(i + 1).every((ts) => ts === undefined || ts >= greatest);
  });
}

/** As the test driver does it: where each record is committed, what comes back is processed and committed too. */
async function work(input: CaseInput, run: TaskRun, commitsEach: boolean, limit: number): Promise<void> {
  if ('commit' in input || ('advanceWallClockMs' in input && commitsEach)) await run.commit();
  while ((await run.step(limit)) > 0) if (commitsEach) await run.commit();
}
