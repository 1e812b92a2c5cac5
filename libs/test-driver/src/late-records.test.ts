/** What each operator does with records behind stream time. docs/semantics.md links each row by its name. */
import { expect, test } from '@jest/globals';
import {
  JoinWindows,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  TimeWindows,
  type KGroupedStream,
  type KStream,
} from '@millrace/dsl';
import { Serdes, type Windowed } from '@millrace/serde';
import { TopologyTestDriver } from './topology-test-driver.ts';

type Input = readonly [topic: string, key: string, value: string, timestamp: number];

const text = { key: Serdes.string(), value: Serdes.string() };

/** What comes out, as `value @time`, and how many records were dropped. */
async function run(
  build: (builder: StreamsBuilder) => KStream<string, string>,
  inputs: readonly Input[],
): Promise<{ out: string[]; dropped: number }> {
  const builder = new StreamsBuilder();
  build(builder).to('out', text);
  const driver = await TopologyTestDriver.open(builder.build(), { statestoreCacheMaxBytes: 0 });
  for (const [topic, key, value, at] of inputs) await driver.createInputTopic(topic, text).pipeInput(key, value, at);
  const out = driver.createOutputTopic('out', text).readRecordsToList();
  const dropped = [...driver.dropped.values()].reduce((sum, count) => sum + count, 0);
  await driver.close();
  return { out: out.map(({ value, timestamp }) => `${value} @${timestamp}`), dropped };
}

const grouped = (builder: StreamsBuilder): KGroupedStream<string, string> => builder.stream('in', text).groupByKey();
const shown = (stream: KStream<Windowed<string>, number>): KStream<string, string> =>
  stream.map(({ key, window }, count): [string, string] => [key, `[${window.start},${window.end}) ${count}`]);
const at = (...times: readonly number[]): Input[] => times.map((time) => ['in', 'k', 'v', time]);
const pair = (left: string | null, right: string | null): string => `${left}+${right}`;

test.each<[string, (builder: StreamsBuilder) => KStream<string, string>, readonly Input[], string[], number]>([
  [
    'a time window takes records until stream time reaches its end plus the grace',
    (b) => shown(grouped(b).windowedBy(TimeWindows.ofSizeAndGrace(10, 5)).count().toStream()),
    at(1, 14, 9, 15, 9),
    ['[0,10) 1 @1', '[10,20) 1 @14', '[0,10) 2 @9', '[10,20) 2 @15'],
    1,
  ],
  [
    'a hopping record counts in those of its windows that are open',
    (b) => shown(grouped(b).windowedBy(TimeWindows.ofSizeWithNoGrace(10).advanceBy(5)).count().toStream()),
    at(20, 14),
    ['[15,25) 1 @20', '[20,30) 1 @20'],
    2,
  ],
  [
    'a sliding window takes a record while its end plus the grace is not behind stream time',
    (b) => shown(grouped(b).windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(1, 5)).count().toStream()),
    at(35, 30, 28),
    ['[34,35) 1 @35', '[29,30) 1 @30'],
    1,
  ],
  [
    'a session takes a record while its end plus gap and grace is not behind stream time',
    (b) => shown(grouped(b).windowedBy(SessionWindows.ofInactivityGapAndGrace(5, 10)).count().toStream()),
    at(30, 20, 19),
    ['[30,30) 1 @30', '[20,20) 1 @20', '[20,20) null @20', '[19,20) 2 @20'],
    0,
  ],
  [
    'a session that is past gap and grace is dropped',
    (b) => shown(grouped(b).windowedBy(SessionWindows.ofInactivityGapAndGrace(5, 5)).count().toStream()),
    at(30, 19),
    ['[30,30) 1 @30'],
    1,
  ],
  [
    'an aggregation without windows knows no late records',
    (b) =>
      grouped(b)
        .count()
        .toStream()
        .mapValues((count) => String(count)),
    at(100, 1),
    ['1 @100', '2 @100'],
    0,
  ],
  [
    'a table goes by offset: a later record wins with an earlier time',
    (b) => b.table('in', text, { name: 's' }).toStream(),
    [
      ['in', 'k', 'new', 100],
      ['in', 'k', 'old', 1],
    ],
    ['new @100', 'old @1'],
    0,
  ],
  [
    'a late record of a join of streams still finds what is kept',
    (b) => b.stream('left', text).join(b.stream('right', text), pair, JoinWindows.ofTimeDifferenceAndGrace(10, 100)),
    [
      ['left', 'k', 'l', 5],
      ['left', 'x', 'l', 100],
      ['right', 'k', 'r', 9],
    ],
    ['l+r @9'],
    0,
  ],
  [
    'a late record of a left join without a partner goes out at once',
    (b) => b.stream('left', text).leftJoin(b.stream('right', text), pair, JoinWindows.ofTimeDifferenceAndGrace(10, 5)),
    [
      ['right', 'x', 'r', 100],
      ['left', 'k', 'l', 50],
    ],
    ['l+null @50'],
    0,
  ],
  [
    'a join with a table takes the row of the moment, whatever its time',
    (b) => b.stream('left', text).join(b.table('right', text), pair),
    [
      ['right', 'k', 'r', 100],
      ['left', 'k', 'l', 1],
    ],
    ['l+r @1'],
    0,
  ],
])('%s', async (_name, build, inputs, out, dropped) => {
  expect(await run(build, inputs)).toEqual({ out, dropped });
});
