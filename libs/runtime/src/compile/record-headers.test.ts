/** Whose headers a result carries, by family of operators, where no golden of Kafka Streams says it. */
import { expect, test } from '@jest/globals';
import { StreamsBuilder, TimeWindows, type KStream, type KTable } from '@millrace/dsl';
import { Serdes, timeWindowed } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { batch, commit, drain, run, type HexHeader, type TestRecord, type Written } from '../testdata/task-harness.ts';

const trace = (id: string): readonly HexHeader[] => [['trace', Buffer.from(id).toString('hex')]];

const utf8 = (hex: string | null): string | null => (hex === null ? null : Buffer.from(hex, 'hex').toString());

/** Value and trace of each record of a topic. */
function traced(written: readonly Written[], topic = 'out'): readonly (readonly [string | null, string | undefined])[] {
  return written
    .filter((record) => record.topic === topic)
    .map(({ value, headers }) => [utf8(value), headers?.map(([, id]) => utf8(id)).join()]);
}

function streamed(steps: (stream: KStream<string, string>) => KStream<string, string>): Program {
  const builder = new StreamsBuilder();
  steps(builder.stream<string, string>('in')).to('out');
  return builder.build();
}

function tabled(steps: (table: KTable<string, string>) => KTable<string, string>, caching: boolean): Program {
  const builder = new StreamsBuilder();
  steps(builder.table<string, string>('in', {}, { name: 't', caching }))
    .toStream()
    .to('out');
  return builder.build();
}

async function processed(program: Program, records: readonly TestRecord[]): Promise<readonly Written[]> {
  const { task, written } = await run(program, { task: { emitIntervalMs: 0 } });
  task.accept(batch('in', 0, records));
  await drain(task);
  await commit(task);
  return written;
}

const three: readonly TestRecord[] = [
  ['a', '1', 1, trace('x')],
  ['a', '2', 2],
  ['a', '3', 3, trace('y')],
];

test('every record made of a record carries its headers, and the next one starts without', async () => {
  const program = streamed((stream) =>
    stream
      .flatMap((key, value) => [
        [key, value],
        [`${key}!`, value],
      ])
      .flatMapValues((value) => (value === '1' ? ['1', '1!'] : [value])),
  );
  const one = [
    ['1', 'x'],
    ['1!', 'x'],
  ] as const;
  const rest = [
    ['2', undefined],
    ['2', undefined],
    ['3', 'y'],
    ['3', 'y'],
  ] as const;
  expect(traced(await processed(program, three))).toEqual([...one, ...one, ...rest]);
});

test('branches and their merge', async () => {
  const program = streamed((stream) =>
    stream.filter((_key, value) => value !== '2').merge(stream.peek(() => undefined)),
  );
  expect(traced(await processed(program, three))).toEqual([
    ['1', 'x'],
    ['1', 'x'],
    ['2', undefined],
    ['3', 'y'],
    ['3', 'y'],
  ]);
});

test('a table without cache: each change, and what is made of it, under the record that made it', async () => {
  const program = tabled(
    (table) => table.filter((_key, value) => value !== '2').mapValues((value) => `${value}!`),
    false,
  );
  expect(traced(await processed(program, [...three, ['a', null, 4, trace('z')]]))).toEqual([
    ['1!', 'x'],
    [null, undefined],
    ['3!', 'y'],
    [null, 'z'],
  ]);
});

test('a cached table: the record that wrote a row last, deletions too', async () => {
  const program = tabled((table) => table, true);
  const given: readonly TestRecord[] = [...three, ['b', '1', 4, trace('p')], ['b', '2', 5], ['a', '4', 6, trace('z')]];
  expect(traced(await processed(program, given))).toEqual([
    ['2', undefined],
    ['4', 'z'],
  ]);
});

test('changelogs carry none, cached or not', async () => {
  for (const caching of [true, false]) {
    const log = (
      await processed(
        tabled((table) => table, caching),
        three,
      )
    ).filter(({ topic }) => topic === 'app-t-changelog');
    expect(log.length).toBeGreaterThan(0);
    expect(log.flatMap(({ headers = [] }) => headers)).toEqual([]);
  }
});

test('what goes through two caches in one commit keeps the headers of its own row', async () => {
  const builder = new StreamsBuilder();
  builder
    .table<string, string>('in', {}, { name: 'one' })
    .toStream()
    .groupByKey()
    .reduce((_aggregate, value) => value, { name: 'two' })
    .toStream()
    .to('out');
  const given: readonly TestRecord[] = [
    ['a', '1', 1, trace('x')],
    ['b', '2', 2],
    ['c', '3', 3, trace('y')],
  ];
  expect(traced(await processed(builder.build(), given))).toEqual([
    ['1', 'x'],
    ['2', undefined],
    ['3', 'y'],
  ]);
});

test('final results of windows: all under the record that closed them, not those that were counted', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
    .emitStrategy('onWindowClose')
    .reduce((aggregate, value) => aggregate + value, { name: 'w' })
    .toStream()
    .to('out', { key: timeWindowed(Serdes.string(), 10) });
  const given: readonly TestRecord[] = [
    ['a', '1', 1, trace('x')],
    ['b', '2', 2, trace('y')],
    ['c', '3', 15, trace('z')],
    ['c', '4', 30],
    ['c', '5', 31, trace('late')],
  ];
  expect(traced(await processed(builder.build(), given))).toEqual([
    ['1', 'z'],
    ['2', 'z'],
    ['3', undefined],
  ]);
});
