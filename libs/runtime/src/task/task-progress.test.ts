import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { decodeOffsetMetadata } from './offset-metadata.ts';
import type { StreamTask } from './stream-task.ts';
import { batch, drain, run } from '../testdata/task-harness.ts';

/** Final results of windows of 10 ms over two topics. */
function closing(): Program {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('a')
    .merge(builder.stream('b'))
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
    .emitStrategy('onWindowClose')
    .count({ name: 'w' });
  return builder.build();
}

/** What a thread does at a commit; gives the positions that went into it. */
async function committed(task: StreamTask): Promise<string[]> {
  await drain(task);
  await task.seal();
  const offsets = task.offsets();
  await task.apply();
  return offsets.map(({ topic, offset, metadata }) => {
    const { partitionTime, emitted } = decodeOffsetMetadata(metadata);
    return `${topic} at ${offset}, time ${partitionTime}, sent to ${emitted.get('w') ?? 'nothing'}`;
  });
}

test('an input that rests is committed with the others when final results have gone on, and only then', async () => {
  const { task } = await run(closing(), { task: { emitIntervalMs: 0 } });
  task.accept(batch('a', 5, [['k', 'x', 1]]));
  task.accept(batch('b', 7, []));
  expect(await committed(task)).toEqual(['a at 6, time 1, sent to nothing']);
  task.accept(batch('a', 6, [['k', 'x', 25]]));
  expect(await committed(task)).toEqual(['a at 7, time 25, sent to 25', 'b at 7, time -1, sent to 25']);
  task.accept(batch('a', 7, [['k', 'x', 25]]));
  expect(await committed(task)).toEqual(['a at 8, time 25, sent to 25']);
});

test('an input that nothing was fetched of has no position to commit', async () => {
  const { task } = await run(closing(), { task: { emitIntervalMs: 0 } });
  task.accept(batch('a', 0, [['k', 'x', 25]]));
  expect(await committed(task)).toEqual(['a at 1, time 25, sent to 25']);
});

test('the position of an input that waits is not committed before something was read, but behind control records it is', async () => {
  const { task } = await run(closing());
  task.accept(batch('a', 0, []));
  task.accept(batch('b', 0, [['k', 'x', 1]]));
  expect(task.offsets()).toEqual([]);
  task.accept(batch('a', 3, []));
  expect(task.offsets()).toMatchObject([{ topic: 'a', offset: 3 }]);
});
