/** What each operator does with null keys and null values. docs/semantics.md links each row by its name. */
import { expect, test } from '@jest/globals';
import {
  JoinWindows,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  TimeWindows,
  type KGroupedStream,
  type KStream,
  type KTable,
} from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

type Text = string | null;
type Input = readonly [topic: string, key: Text, value: Text];

const text = { key: Serdes.string(), value: Serdes.string() };
const windows = JoinWindows.ofTimeDifferenceWithNoGrace(10);
const pair = (left: Text, right: Text): string => `${left}+${right}`;

/** What comes out, as `value` under the key of the record or the window, and how many records were dropped. */
async function run(
  build: (builder: StreamsBuilder) => KStream<string, string>,
  inputs: readonly Input[],
): Promise<{ out: string[]; dropped: number }> {
  const builder = new StreamsBuilder();
  build(builder)
    .map((key, value): [string, string] => ['', `${keyText(key)}=${value}`])
    .to('out', text);
  const driver = await TopologyTestDriver.open(builder.build(), { statestoreCacheMaxBytes: 0 });
  for (const [topic, key, value] of inputs) await driver.createInputTopic(topic, text).pipeInput(key, value, 20);
  const out = driver.createOutputTopic('out', text).readRecordsToList();
  const dropped = [...driver.dropped.values()].reduce((sum, count) => sum + count, 0);
  await driver.close();
  return { out: out.map(({ value }) => value ?? ''), dropped };
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null ? String((key as { key: unknown }).key) : String(key);
}

/** `run` writes keys and values of any kind. */
const shown = <K, V>(table: KTable<K, V>): KStream<string, string> =>
  table.toStream() as unknown as KStream<string, string>;
const grouped = (builder: StreamsBuilder): KGroupedStream<string, string> => builder.stream('in', text).groupByKey();
const stored = { name: 's', key: Serdes.string(), value: Serdes.string() };
const nulls: readonly Input[] = [
  ['in', null, 'v'],
  ['in', 'k', null],
];
const append = (_key: string, value: string, all: string): string => `${all}(${value})`;
const empty = (): string => '';
const tumbling = TimeWindows.ofSizeWithNoGrace(10);
const sliding = SlidingWindows.ofTimeDifferenceAndGrace(10, 0);
const sessions = SessionWindows.ofInactivityGapWithNoGrace(10);

test.each<[string, (builder: StreamsBuilder) => KStream<string, string>, string[], number]>([
  ['stateless steps hand nulls on', (b) => b.stream('in', text).filter(() => true), ['null=v', 'k=null'], 0],
  ['an aggregation drops both', (b) => shown(grouped(b).aggregate(empty, append, stored)), [], 2],
  ['a count drops both', (b) => shown(grouped(b).count({ name: 's' })), [], 2],
  ['a reduction drops both', (b) => shown(grouped(b).reduce(pair, stored)), [], 2],
  [
    'a time window takes null values, as its functions see them',
    (b) => shown(grouped(b).windowedBy(tumbling).aggregate(empty, append, stored)),
    ['k=(null)'],
    1,
  ],
  [
    'a windowed count counts null values',
    (b) => shown(grouped(b).windowedBy(tumbling).count({ name: 's' })),
    ['k=1'],
    1,
  ],
  ['a sliding window drops both', (b) => shown(grouped(b).windowedBy(sliding).count({ name: 's' })), [], 2],
  ['a session takes null values', (b) => shown(grouped(b).windowedBy(sessions).count({ name: 's' })), ['k=1'], 1],
  ['a cogroup drops both', (b) => shown(grouped(b).cogroup(append).aggregate(empty, stored)), [], 2],
  [
    'a new key that is null stays out of the repartition topic, uncounted',
    (b) =>
      shown(
        b
          .stream('in', text)
          .groupBy(() => null as never, text)
          .count({ name: 's' }),
      ),
    [],
    0,
  ],
  ['a table drops null keys; null values delete', (b) => b.table('in', text, { name: 's' }).toStream(), ['k=null'], 1],
  [
    'toTable drops null keys; null values delete',
    (b) => b.stream('in', text).toTable({ name: 's' }).toStream(),
    ['k=null'],
    1,
  ],
])('%s', async (_name, build, out, dropped) => {
  expect(await run(build, nulls)).toEqual({ out, dropped });
});

const left: readonly Input[] = [
  ['left', null, 'l'],
  ['left', 'k', null],
];
const right: readonly Input[] = [
  ['right', null, 'r'],
  ['right', 'k', null],
];
const streams = (b: StreamsBuilder): [KStream<string, string>, KStream<string, string>] => [
  b.stream('left', text),
  b.stream('right', text),
];
const streamAndTable = (b: StreamsBuilder): [KStream<string, string>, KTable<string, string>] => [
  b.stream('left', text),
  b.table('right', text),
];
const tables = (b: StreamsBuilder): [KTable<string, string>, KTable<string, string>] => [
  b.table('left', text),
  b.table('right', text),
];
const row: Input = ['right', 'k', 'r'];

test.each<[string, (builder: StreamsBuilder) => KStream<string, string>, readonly Input[], string[], number]>([
  [
    'an inner join of streams drops both on both sides',
    (b) => {
      const [one, other] = streams(b);
      return one.join(other, pair, windows);
    },
    [...left, ...right],
    [],
    4,
  ],
  [
    'a left join of streams tells left records without a key',
    (b) => {
      const [one, other] = streams(b);
      return one.leftJoin(other, pair, windows);
    },
    [...left, ...right],
    ['null=l+null'],
    3,
  ],
  [
    'an outer join of streams tells records of both sides without a key',
    (b) => {
      const [one, other] = streams(b);
      return one.outerJoin(other, pair, windows);
    },
    [...left, ...right],
    ['null=l+null', 'null=null+r'],
    2,
  ],
  [
    'an inner join with a table drops both',
    (b) => {
      const [one, table] = streamAndTable(b);
      return one.join(table, pair);
    },
    [row, ...left],
    [],
    2,
  ],
  [
    'a left join with a table tells records without a key',
    (b) => {
      const [one, table] = streamAndTable(b);
      return one.leftJoin(table, pair);
    },
    [row, ...left],
    ['null=l+null'],
    1,
  ],
  [
    'an inner join with a global table drops records without a key to look up',
    (b) => {
      const [one, table] = [b.stream('left', text), b.globalTable('right', text)];
      return one.join(table, () => null, pair);
    },
    [row, ['left', 'k', 'l']],
    [],
    1,
  ],
  [
    'a left join with a global table tells records without a key',
    (b) => {
      const [one, table] = [b.stream('left', text), b.globalTable('right', text)];
      return one.leftJoin(table, (key) => key, pair);
    },
    [row, ...left],
    ['null=l+null'],
    1,
  ],
  [
    'a join of tables drops null keys; null values delete',
    (b) => {
      const [one, other] = tables(b);
      return one.join(other, pair).toStream();
    },
    [row, ['left', 'k', 'l'], ...left],
    ['k=l+r', 'k=null'],
    1,
  ],
  [
    'a foreign key that is null gives no row to an inner join',
    (b) => {
      const [one, other] = tables(b);
      return one.joinOnForeignKey(other, () => null, pair).toStream();
    },
    [row, ['left', 'k', 'l']],
    [],
    1,
  ],
  [
    'a foreign key that is null gives a left join its row alone',
    (b) => {
      const [one, other] = tables(b);
      return one.leftJoinOnForeignKey(other, () => null, pair).toStream();
    },
    [row, ['left', 'k', 'l']],
    ['k=l+null'],
    0,
  ],
])('%s', async (_name, build, inputs, out, dropped) => {
  expect(await run(build, inputs)).toEqual({ out, dropped });
});
