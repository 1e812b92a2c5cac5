/** Nothing of how records are cut into batches, slices and reads, of memory, or of crashes may be seen in what is committed. */
import { describe, expect, test } from '@jest/globals';
import { JoinWindows, Stores, StreamsBuilder, TimeWindows, type TimeWindowedKStream } from '@millrace/dsl';
import { Serdes, timeWindowed } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import fc from 'fast-check';
import { CrashingRun, type Move, type RunPlan } from '../testdata/crashing-run.ts';
import type { TestRecord } from '../testdata/task-harness.ts';

type Windowed = TimeWindowedKStream<string, string>;

function windowed(ending: (stream: Windowed) => Omit<Windowed, 'emitStrategy'>): Program {
  const builder = new StreamsBuilder();
  const stream = builder
    .stream<string, string>('in')
    .groupByKey({ key: Serdes.string() })
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 6).advanceBy(5));
  ending(stream)
    .count({ name: 'w' })
    .toStream()
    .to('out', { key: timeWindowed(Serdes.string(), 10) });
  return builder.build();
}

function joined(caching: boolean): Program {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .flatMapValues((value) => [value, `${value}!`])
    .groupByKey({ key: Serdes.string(), value: Serdes.string() })
    .reduce((aggregate, value) => (value === 'b' ? (null as never) : aggregate + value), { name: 'r', caching })
    .toStream()
    .to('out');
  return builder.build();
}

/** The records of a topic that carry an `a`, joined with the others. */
function streams(): Program {
  const builder = new StreamsBuilder();
  const stream = builder.stream<string, string>('in', { key: Serdes.string(), value: Serdes.string() });
  const others = stream.filterNot((_key, value) => value === 'a');
  const windows = JoinWindows.ofTimeDifferenceAndGrace(5, 3);
  stream
    .filter((_key, value) => value === 'a')
    .join(others, (left, right) => left + right, windows)
    .to('out');
  return builder.build();
}

const strings = { key: Serdes.string(), value: Serdes.string() };

/** The last value of each key by time, grouped by it: late ones are left out. */
function versioned(): Program {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in', strings)
    .toTable(Stores.persistentVersionedKeyValueStore('v', 10, 3))
    .groupBy((key, value) => [value, key], strings)
    .aggregate(
      () => '',
      (_key, value, aggregate) => aggregate + value,
      (_key, value, aggregate) => aggregate.replace(value, ''),
      { name: 'g', value: Serdes.string() },
    )
    .toStream()
    .to('out');
  return builder.build();
}

/** Records that wait for late rows of a versioned table. */
function waiting(): Program {
  const builder = new StreamsBuilder();
  const stream = builder.stream<string, string>('in', strings);
  const table = stream
    .filterNot((_key, value) => value === 'a')
    .toTable(Stores.persistentVersionedKeyValueStore('v', 20, 4));
  stream
    .filter((_key, value) => value === 'a')
    .leftJoin(table, (left, right) => `${left}${right ?? '-'}`, { ...strings, grace: 6 })
    .to('out');
  return builder.build();
}

const programs: readonly (readonly [string, () => Program])[] = [
  ['windows with updates', () => windowed((stream) => stream)],
  ['windows with final results', () => windowed((stream) => stream.emitStrategy('onWindowClose'))],
  ['a cached table', () => joined(true)],
  ['an uncached table', () => joined(false)],
  ['a join of streams', streams],
  ['a versioned table', versioned],
  ['a join that waits for a versioned table', waiting],
];

/** Event time goes on, with records that are late and a jump now and then. */
const records = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      value: fc.constantFrom('a', 'b', 'c'),
      isTraced: fc.boolean(),
      step: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: -12, max: 6 }) },
        { weight: 1, arbitrary: fc.constant(500_000) },
      ),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((steps) => {
    let time = 20;
    return steps.map(({ key, value, step, isTraced }, i): TestRecord => {
      time = Math.max(time, time + step);
      const id = i.toString(16).padStart(2, '0');
      return [key, value, Math.max(0, time + Math.min(0, step)), isTraced ? [['trace', id]] : undefined];
    });
  });

const cut: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ type: fc.constant('accept' as const), count: fc.constantFrom(1, 3, 9, 40) }),
  fc.record({ type: fc.constant('process' as const), limit: fc.constantFrom(1, 3, 9, 40) }),
  fc.constant({ type: 'read' as const }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 2_000) }),
);
const crash: fc.Arbitrary<Move> = fc.record({ type: fc.constant('crash' as const), keepsState: fc.boolean() });

const plan = (move: fc.Arbitrary<Move>): fc.Arbitrary<Omit<RunPlan, 'program'>> =>
  fc.record({
    topic: fc.constant('in'),
    records,
    commitEvery: fc.integer({ min: 1, max: 12 }),
    moves: fc.array(move, { maxLength: 40 }),
    residentMaxBytes: fc.constantFrom(0, 2_000, 1_000_000),
    commitsBesideReads: fc.boolean(),
  });

describe.each(programs)('%s', (_name, program) => {
  test('are the same however the records are cut', () =>
    fc.assert(
      fc.asyncProperty(plan(cut), async (given) => {
        const whole = await new CrashingRun({
          ...given,
          program: program(),
          moves: [],
          residentMaxBytes: 1e9,
        }).outcome();
        expect(await new CrashingRun({ ...given, program: program() }).outcome()).toEqual(whole);
      }),
      { numRuns: 200 },
    ));

  // Records are in order here: an operator's stream time begins anew after a crash, as the JVM's does, and what was late is in time then.
  test('are the same after crashes, with the local state or without', () =>
    fc.assert(
      fc.asyncProperty(
        plan(fc.oneof({ weight: 6, arbitrary: cut }, { weight: 1, arbitrary: crash })),
        async (given) => {
          const inOrder = { ...given, records: [...given.records].sort((a, b) => a[2] - b[2]) };
          const whole = await new CrashingRun({
            ...inOrder,
            program: program(),
            moves: [],
            commitsBesideReads: false,
          }).outcome();
          expect(await new CrashingRun({ ...inOrder, program: program() }).outcome()).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    ));
});
