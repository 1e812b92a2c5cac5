import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes, timeWindowed } from '@millrace/serde';
import { memoryEngines } from '@millrace/store-memory';
import type { Program } from '@millrace/topology';
import {
  batch,
  commit,
  drain,
  handClock,
  logged,
  run,
  type TestRecord,
  type Written,
} from '../testdata/task-harness.ts';

/** Windows of 10 ms, grace 5. */
function closing(): Program {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
    .emitStrategy('onWindowClose')
    .count({ name: 'w' })
    .toStream()
    .to('out', { key: timeWindowed(Serdes.string(), 10) });
  return builder.build();
}

const sent = (written: readonly Written[]): string[] =>
  written
    .filter(({ topic }) => topic === 'out')
    .map(
      ({ key, value }) => `${key.slice(0, 1)}@${Buffer.from(key, 'latin1').readBigInt64BE(1)}=${Number(`0x${value}`)}`,
    );

/** Looked for after every record. */
const often = { emitIntervalMs: 0 };

const first: readonly TestRecord[] = [
  ['a', 'x', 1],
  ['b', 'x', 12],
  ['a', 'x', 16],
];

test('a restart repeats no window and loses none, from the local store or from the changelog', async () => {
  for (const isLocal of [true, false]) {
    const engines = memoryEngines();
    const one = await run(closing(), { engines, task: often });
    one.task.accept(batch('in', 0, first));
    await drain(one.task);
    await commit(one.task);
    const committed = one.task.offsets();
    await one.task.close();
    expect(sent(one.written)).toEqual(['a@0=1']);

    const two = await run(closing(), { engines: isLocal ? engines : memoryEngines(), task: often });
    if (!isLocal) await two.task.restore(logged(one.written, 'app-w-changelog'));
    two.task.start(committed);
    two.task.accept(batch('in', 3, [['c', 'x', 40]]));
    await drain(two.task);
    expect(sent(two.written)).toEqual(['a@10=1', 'b@10=1']);
  }
});

test('what is not committed is sent again', async () => {
  const engines = memoryEngines();
  const one = await run(closing(), { engines, task: often });
  one.task.accept(batch('in', 0, first));
  await drain(one.task);
  await one.task.seal();
  await one.task.close();
  const two = await run(closing(), { engines, task: often });
  two.task.accept(batch('in', 0, first));
  await drain(two.task);
  expect(sent(one.written)).toEqual(['a@0=1']);
  expect(sent(two.written)).toEqual(['a@0=1']);
});

test('no record is processed between the close of a window and its result, and a commit in between takes it along', async () => {
  const { task, written } = await run(closing(), { task: often });
  task.accept(batch('in', 0, [...first, ['d', 'x', 17]]));
  expect(task.process(10)).toBe(3);
  expect(task.process(10)).toBe(0);
  await commit(task);
  expect(sent(written)).toEqual(['a@0=1']);
  expect(task.offsets()).toMatchObject([{ offset: 3, metadata: expect.stringMatching(/^AgAAAAAAAAAQAAAAAQ/) }]);
});

test('event time that jumps far past the retention takes no result away', async () => {
  const clock = handClock();
  const { task, written } = await run(closing(), { clock, task: { emitIntervalMs: 1_000 } });
  const feed = async (offset: number, records: readonly TestRecord[]): Promise<void> => {
    task.accept(batch('in', offset, records));
    await drain(task);
    clock.timeMs += 400;
    await commit(task);
  };
  await feed(0, first);
  await feed(3, [['e', 'x', 10_000_000]]);
  await feed(4, [['e', 'x', 20_000_000]]);
  expect(sent(written)).toEqual([]);
  await feed(5, [['e', 'x', 30_000_000]]);
  expect(sent(written)).toEqual(['a@0=1', 'a@10=1', 'b@10=1', 'e@10000000=1', 'e@20000000=1']);
});

test('a seal finishes what a slice has begun to send', async () => {
  const { task, written } = await run(closing(), { task: often });
  const records = Array.from({ length: 20 }, (_, i): TestRecord => [String.fromCharCode(97 + i), 'x', i % 10]);
  task.accept(batch('in', 0, [...records, ['z', 'x', 99]]));
  expect(task.process(100)).toBe(21);
  await task.prefetch();
  expect(task.process(7)).toBe(7);
  await task.seal();
  expect(sent(written)).toHaveLength(20);
  expect(task.process(100)).toBe(0);
});

test('final results that close windows of final results are sent, all with the headers of the record that began it', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 0))
    .emitStrategy('onWindowClose')
    .count({ name: 'inner' })
    .toStream()
    .groupByKey({ key: timeWindowed(Serdes.string(), 10), value: Serdes.long() })
    .windowedBy(TimeWindows.ofSizeAndGrace(20, 0))
    .emitStrategy('onWindowClose')
    .count({ name: 'outer' })
    .toStream()
    .to('out', { key: timeWindowed(timeWindowed(Serdes.string(), 10), 20) });
  const { task, written } = await run(builder.build(), { task: often });
  task.accept(
    batch('in', 0, [
      ['a', 'x', 1],
      ['a', 'x', 45],
    ]),
  );
  await drain(task);
  task.accept(batch('in', 2, [['a', 'x', 90, [['trace', '01']]]]));
  expect(task.process(10)).toBe(1);
  await commit(task);
  const out = written.filter(({ topic }) => topic === 'out');
  expect(out).toMatchObject([{ value: '0000000000000001', timestamp: 1, headers: [['trace', '01']] }]);
});
