/** What an asynchronous step costs a record: a task in memory with `mapValues`, and the same with calls that are done at once, one key each and one key for all. */
import { invariant, silentLogger, systemClock } from '@millrace/base';
import { StreamsBuilder } from '@millrace/dsl';
import type { FetchedBatch } from '@millrace/ports';
import { createTask, TaskMetrics, type StreamTask } from '@millrace/runtime';
import { Serdes } from '@millrace/serde';
import { stateMemory } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import { subtopologies, type Program, type Subtopology } from '@millrace/topology';
import { cpuSeconds, interleaved, rounded } from './cpu.ts';
import { sampleRecords } from './sample-records.ts';

const count = 20_000;
const bytes = { key: Serdes.bytes(), value: Serdes.bytes() };

/** Prints a JSON line: microseconds of CPU a record, the least of several interleaved rounds. */
export async function asyncBench(): Promise<void> {
  const { keys, values } = sampleRecords(count);
  const [oneKey] = keys;
  const run = (isAsync: boolean, key: (i: number) => Buffer) => (): Promise<number> =>
    cpuSeconds(() =>
      drained(
        program(isAsync),
        batchOf(key, (i) => values[i] as Buffer),
      ),
    );
  const ownKey = (i: number): Buffer => keys[i] as Buffer;
  const contestants = {
    mapValues: run(false, ownKey),
    mapValuesAsync: run(true, ownKey),
    mapValuesAsyncOneKey: run(true, () => oneKey as Buffer),
  };
  await interleaved(2, contestants);
  const seconds = await interleaved(8, contestants);
  const cost = (of: keyof typeof contestants): number => rounded((seconds[of] / count) * 1e6, 2);
  const result = {
    mapValues: cost('mapValues'),
    mapValuesAsync: cost('mapValuesAsync'),
    mapValuesAsyncOneKey: cost('mapValuesAsyncOneKey'),
  };
  process.stdout.write(
    `${JSON.stringify({ bench: 'async', unit: 'us of CPU per record', records: count, ...result })}\n`,
  );
}

function program(isAsync: boolean): Program {
  const builder = new StreamsBuilder();
  const stream = builder.stream('in', bytes);
  (isAsync ? stream.mapValuesAsync((value) => Promise.resolve(value)) : stream.mapValues((value) => value)).to(
    'out',
    bytes,
  );
  return builder.build();
}

/** Processes a batch until nothing waits and nothing is under way, and commits once. */
async function drained(of: Program, batch: FetchedBatch): Promise<void> {
  let written = 0;
  const task = taskOf(of, () => void written++);
  await task.open();
  task.start([]);
  task.accept(batch);
  for (;;) {
    await task.prefetch();
    if (task.process(1_000) > 0) continue;
    if (task.async?.isBusy !== true) break;
    await task.async.something();
  }
  await task.seal();
  await task.apply();
  await task.close();
  invariant(written === count, 'every record comes out');
}

function taskOf(of: Program, append: () => void): StreamTask {
  return createTask({
    id: { subtopology: 0, partition: 0 },
    program: of,
    subtopology: subtopologies(of.topology)[0] as Subtopology,
    applicationId: 'bench',
    inputs: [{ topic: 'in', partition: 0 }],
    engines: memoryEngines(),
    collector: { append, partitionCount: () => 1, endOffset: () => undefined },
    registry: undefined,
    logger: silentLogger,
    metrics: new TaskMetrics(),
    clock: systemClock,
    memory: stateMemory(),
  });
}

function batchOf(key: (i: number) => Buffer, value: (i: number) => Buffer): FetchedBatch {
  return {
    topic: 'in',
    partition: 0,
    count,
    nextOffset: count,
    leaderEpoch: 0,
    offset: (i) => i,
    timestamp: (i) => i,
    key,
    value,
    headers: () => [],
  };
}
