/**
 * Aggregations against what Kafka Streams 4.3.1 did with the same topology and the same records: bytes, order, timestamps, headers, drops,
 * metadata.
 */
import { expect, test } from '@jest/globals';
import { goldenProgram, goldenRecord, hexBytes, readGoldens, type Golden } from './testdata/golden-case.ts';
import { batch, commit, drain, run } from './testdata/task-harness.ts';

interface AggregationGolden extends Golden {
  readonly metadata: string | null;
}

test.each(readGoldens<AggregationGolden>('./aggregation-goldens.json'))('$name', async (golden) => {
  const { config, manualCommit, inputs, written, dropped, metadata } = golden;
  const emitIntervalMs = Number(config['__emit.interval.ms.kstreams.windowed.aggregation__'] ?? 0);
  const one = await run(goldenProgram(golden), { task: { emitIntervalMs } });
  const steps: number[] = [];
  for (const [step, input] of inputs.entries()) {
    if ('advanceWallClockMs' in input) one.clock.timeMs += input.advanceWallClockMs;
    if ('topic' in input) {
      const { topic, keyHex, valueHex, ts, headers } = input;
      one.task.accept(batch(topic, step, [[hexBytes(keyHex), hexBytes(valueHex), ts, headers]]));
      await drain(one.task, 1);
    }
    if (!manualCommit || 'commit' in input) await commit(one.task);
    while (steps.length < one.written.length) steps.push(step);
  }
  expect(one.written.map((record, i) => goldenRecord(steps[i] as number, record))).toEqual(written);
  expect([...one.metrics.droppedBy.values()].reduce((sum, count) => sum + count, 0)).toBe(dropped);
  if (metadata !== null) expect(one.task.offsets()[0]?.metadata).toBe(metadata);
});
