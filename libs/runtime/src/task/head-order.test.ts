import { expect, test } from '@jest/globals';
import { StreamsBuilder, type Consumed } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { batch, drain, run, type TestRecord } from '../testdata/task-harness.ts';

/** Numbers as text; another text cannot be read. */
const number = {
  ...Serdes.string(),
  deserialize(topic: string, bytes: Buffer): string {
    const text = Serdes.string().deserialize(topic, bytes);
    if (!/^-?\d+$/.test(text)) throw new RangeError(`${text} is no number`);
    return text;
  },
};

/** Two topics into one. */
function both(options: Consumed<string, string>): Program {
  const builder = new StreamsBuilder();
  const consumed = { key: Serdes.string(), value: number, ...options };
  builder
    .stream('a', consumed)
    .merge(builder.stream('b', { ...consumed, ...options }))
    .to('out');
  return builder.build();
}

const at = (value: string, timestamp: number): TestRecord => ['k', value, timestamp];

const values = (written: readonly { readonly value: string | null }[]): string[] =>
  written.map(({ value }) => Buffer.from(value ?? '', 'hex').toString());

test('the next record is the one whose extracted time is smallest, whatever its own timestamp says', async () => {
  const { task, written } = await run(both({ timestamp: (value) => Number(value) }));
  task.accept(batch('a', 0, [at('10', 1), at('30', 2), at('50', 3)]));
  task.accept(batch('b', 0, [at('20', 103), at('40', 102), at('60', 101)]));
  await drain(task);
  expect(values(written)).toEqual(['10', '20', '30', '40', '50', '60']);
  expect(written.map(({ timestamp }) => timestamp)).toEqual([10, 20, 30, 40, 50, 60]);
});

test('the time of a head is extracted when it becomes the head, with the partition time of those before it', async () => {
  const seen: string[] = [];
  const timestamp = (value: string, _key: string, _time: number, partitionTime: number): number => {
    seen.push(`${value} after ${partitionTime}`);
    return Number(value);
  };
  const { task } = await run(both({ timestamp }));
  task.accept(batch('a', 0, [at('10', 0), at('40', 0)]));
  task.accept(batch('b', 0, [at('20', 0)]));
  expect(task.process(1)).toBe(1);
  expect(seen).toEqual(['10 after -1', '20 after -1']);
  expect(task.process(1)).toBe(1);
  expect(seen).toEqual(['10 after -1', '20 after -1', '40 after 10']);
});

test('records that are passed over at a head hold nothing back, and are committed', async () => {
  const { task, written, metrics } = await run(both({}), { task: { deserializationHandler: 'log-and-continue' } });
  task.accept(batch('a', 0, [at('poison', 99), at('5', 5)]));
  task.accept(batch('b', 0, [at('50', 50), at('bad', 51), at('worse', 52)]));
  await drain(task);
  expect(values(written)).toEqual(['5', '50']);
  expect([...metrics.droppedBy]).toEqual([
    ['a: undecodable', 1],
    ['b: undecodable', 2],
  ]);
  expect(task.dirty).toBe(true);
  expect(task.offsets().map(({ topic, offset }) => [topic, offset])).toEqual([
    ['a', 2],
    ['b', 3],
  ]);
});

test('a head without a valid time is dropped where the function says so', async () => {
  const { task, written, metrics } = await run(both({ timestamp: (value) => Number(value) }));
  task.accept(batch('a', 0, [at('-7', 1), at('3', 2)]));
  task.accept(batch('b', 0, [at('2', 9)]));
  await drain(task);
  expect(values(written)).toEqual(['2', '3']);
  expect([...metrics.droppedBy.values()]).toEqual([1]);
});
