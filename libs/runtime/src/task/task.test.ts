import { describe, expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes, type Windowed } from '@millrace/serde';
import { memoryEngines } from '@millrace/store-memory';
import type { Program } from '@millrace/topology';
import { batch, collector, logged, run } from '../testdata/task-harness.ts';

function counting(caching: boolean): Program {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in').groupByKey().count({ name: 'c', caching }).toStream().to('out');
  return builder.build();
}

const long = (n: number): string => n.toString(16).padStart(16, '0');

describe('a count', () => {
  test('without cache logs and forwards each update with the greater timestamp', async () => {
    const { task, written, metrics } = await run(counting(false));
    task.accept(
      batch('in', 0, [
        ['a', 'x', 5],
        ['a', 'x', 3],
        [null, 'x', 6],
        ['a', null, 7],
      ]),
    );
    expect(task.process(10)).toBe(4);
    expect(written).toEqual([
      { topic: 'app-c-changelog', key: 'a', value: long(1), timestamp: 5 },
      { topic: 'out', key: 'a', value: long(1), timestamp: 5 },
      { topic: 'app-c-changelog', key: 'a', value: long(2), timestamp: 5 },
      { topic: 'out', key: 'a', value: long(2), timestamp: 5 },
    ]);
    expect([...metrics.droppedBy.values()]).toEqual([2]);
  });

  test('with cache gives one update a key and commit, in the order of the last write', async () => {
    const { task, written } = await run(counting(true));
    task.accept(
      batch('in', 0, [
        ['a', 'x', 1],
        ['b', 'x', 2],
        ['a', 'x', 3],
      ]),
    );
    task.process(10);
    expect(written).toEqual([]);
    await task.seal();
    expect(written.filter(({ topic }) => topic === 'out').map(({ key, value }) => [key, value])).toEqual([
      ['b', long(1)],
      ['a', long(2)],
    ]);
  });

  test('commits the next offset with the partition time', async () => {
    const { task } = await run(counting(true));
    task.accept(
      batch('in', 7, [
        ['a', 'x', 1_000],
        ['a', 'x', 4],
      ]),
    );
    task.process(10);
    expect(task.offsets()).toEqual([{ topic: 'in', partition: 0, offset: 9, metadata: 'AgAAAAAAAAPo' }]);
  });
});

test('nothing reaches the engine before apply; afterwards the state goes on from there', async () => {
  const engines = memoryEngines();
  const first = await run(counting(true), { engines });
  first.task.accept(
    batch('in', 0, [
      ['a', 'x', 1],
      ['a', 'x', 2],
    ]),
  );
  first.task.process(10);
  await first.task.seal();
  await first.task.close();

  const second = await run(counting(true), { engines });
  expect(second.task.changelogs()).toMatchObject([{ topic: 'app-c-changelog', offset: -1 }]);
  second.task.accept(
    batch('in', 0, [
      ['a', 'x', 1],
      ['a', 'x', 2],
    ]),
  );
  second.task.process(10);
  await second.task.seal();
  await second.task.apply();
  await second.task.close();

  const third = await run(counting(true), { engines });
  expect(third.task.changelogs()).toMatchObject([{ offset: 1 }]);
  third.task.accept(batch('in', 2, [['a', 'x', 3]]));
  third.task.process(10);
  await third.task.seal();
  expect(third.written.at(-1)).toMatchObject({ topic: 'out', value: long(3) });
});

test('a record whose output is refused halfway leaves nothing in the store', async () => {
  const engines = memoryEngines();
  const append = (): never => {
    throw millraceError('MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN', { transactionalId: 'app', api: 'AddPartitionsToTxn' });
  };
  const first = await run(counting(false), { engines, output: { ...collector(), append } });
  first.task.accept(batch('in', 0, [['a', 'x', 1]]));
  expect(() => first.task.process(10)).toThrow('app');
  await first.task.close();

  const second = await run(counting(false), { engines });
  second.task.accept(batch('in', 0, [['a', 'x', 1]]));
  second.task.process(10);
  expect(second.written.at(-1)).toMatchObject({ topic: 'out', value: long(1) });
});

test('a store restored from its changelog equals the one that wrote it', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 0))
    .count({ name: 'w' })
    .toStream()
    .to('out');
  const program = builder.build();
  const writer = await run(program);
  writer.task.accept(
    batch('in', 0, [
      ['a', 'x', 1],
      ['a', 'x', 2],
      ['b', 'x', 9],
    ]),
  );
  writer.task.process(10);
  await writer.task.seal();
  const log = writer.written.filter(({ topic }) => topic === 'app-w-changelog');
  expect(log.map(({ key }) => Buffer.from(key, 'latin1').toString('hex'))).toEqual([
    '61' + '00'.repeat(12),
    '62' + '00'.repeat(12),
  ]);

  const reader = await run(program);
  await reader.task.restore(logged(writer.written, 'app-w-changelog'));
  reader.task.accept(batch('in', 3, [['a', 'x', 3]]));
  reader.task.process(10);
  await reader.task.seal();
  expect(reader.written.at(-1)).toMatchObject({ topic: 'out', value: long(3), timestamp: 3 });
  expect(reader.metrics.restored).toBe(2);
});

describe('windows', () => {
  /** size 10, grace 5, as recorded from Kafka Streams: at stream time 14 a record of time 9 counts, at 15 it does not. */
  test('take late records until stream time reaches end + grace, and count them', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream<string, string>('in')
      .groupByKey({ key: Serdes.string() })
      .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
      .count({ name: 'w' })
      .toStream()
      .to('out');
    const { task, written, metrics } = await run(builder.build());
    task.accept(
      batch('in', 0, [
        ['k', 'x', 14],
        ['k', 'x', 9],
        ['k', 'x', 15],
        ['k', 'x', 9],
      ]),
    );
    task.process(10);
    await task.seal();
    const counts = written
      .filter(({ topic }) => topic === 'out')
      .map(({ key, value }) => [Buffer.from(key, 'latin1').readBigInt64BE(1), value]);
    expect(counts).toEqual([
      [0n, long(1)],
      [10n, long(2)],
    ]);
    expect([...metrics.lateBy.values()]).toEqual([1]);
    expect([...metrics.droppedBy.values()]).toEqual([1]);
  });

  test.each([
    [10, 10],
    [10, 3],
    [7, 2],
  ])('of %i every %i hold what a plain loop over all windows counts', async (size, advance) => {
    const seen = new Map<string, number>();
    const builder = new StreamsBuilder();
    builder
      .stream<string, string>('in')
      .groupByKey({ key: Serdes.string() })
      .windowedBy(TimeWindows.ofSizeAndGrace(size, 1_000).advanceBy(advance))
      .count({ name: 'w' })
      .toStream()
      .foreach(({ key, window }: Windowed<string>, count) => void seen.set(`${key}@${window.start}`, count));
    const { task } = await run(builder.build());
    const times = Array.from({ length: 60 }, (_, i) => (i * 37) % 50);
    task.accept(
      batch(
        'in',
        0,
        times.map((time) => ['k', 'x', time]),
      ),
    );
    for (let limit = 1; task.process(limit) > 0; limit++) await task.seal();
    const expected = new Map<string, number>();
    for (let start = 0; start < 50; start += advance) {
      const count = times.filter((time) => time >= start && time < start + size).length;
      if (count > 0) expected.set(`k@${start}`, count);
    }
    expect(new Map([...seen].sort())).toEqual(new Map([...expected].sort()));
  });
});

test('a record that cannot be read stops the task with its position, or is dropped and counted', async () => {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value: Serdes.long() }).to('out');
  const program = builder.build();
  const { task } = await run(program);
  task.accept(batch('in', 41, [['a', 'not eight', 1]]));
  expect(() => task.process(1)).toThrow(
    expect.objectContaining({ code: 'MR_RUNTIME_UNDECODABLE', message: expect.stringContaining('in-0 offset 41') }),
  );
});

test('a function that throws is named with the position of its record', async () => {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in').mapValues((): string => {
    throw new TypeError('no such field');
  });
  const { task } = await run(builder.build());
  task.accept(batch('in', 3, [['a', 'x', 1]]));
  expect(() => task.process(1)).toThrow(
    expect.objectContaining({
      code: 'MR_RUNTIME_USER_CODE',
      message: expect.stringMatching(/in-0 offset 3.*no such field/),
    }),
  );
});
