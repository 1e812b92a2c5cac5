/** What the JVM library refuses is refused here, with a code; what callers without a compiler do wrong too. */
import { describe, expect, test } from '@jest/globals';
import { millraceError, MillraceError } from '@millrace/base';
import { Serdes } from '@millrace/serde';
import type { FixedKeyProcessor, Processor } from '@millrace/topology';
import {
  JoinWindows,
  SessionWindows,
  SlidingWindows,
  Stores,
  StreamsBuilder,
  TimeWindows,
  Topology,
  UnlimitedWindows,
  type KStream,
  type KTable,
} from './index.ts';

/** Callers in JavaScript give anything. */
type Any = any;
type Text = KStream<string, string>;

const windows = JoinWindows.ofTimeDifferenceWithNoGrace('1s');
const pass = (): Processor<string, string, string, string> => ({ process: () => undefined });
const passValues = (): FixedKeyProcessor<string, string, string> => ({ process: () => undefined });
const seen = Stores.keyValueStore({ name: 'seen', key: Serdes.string(), value: Serdes.long() });

/** The code that a misuse ends with. */
function codeOf(misuse: () => unknown): string {
  try {
    misuse();
  } catch (error) {
    if (MillraceError.is(error) && error.remedy !== '') return error.code;
    throw error;
  }
  throw millraceError('MR_INVARIANT', { why: 'nothing was refused' });
}

const stream = (builder = new StreamsBuilder()): Text => builder.stream('in');
const table = (builder = new StreamsBuilder()): KTable<string, string> => builder.table('rows');

/** One stream with itself. */
const joining = (misuse: (one: Text) => unknown): unknown => misuse(stream());
const keyed = (misuse: (one: KTable<string, string>) => unknown): unknown => misuse(table());

function built(write: (builder: StreamsBuilder) => void): unknown {
  const builder = new StreamsBuilder();
  write(builder);
  return builder.build();
}

describe('names:', () => {
  test.each([
    ['empty', ''],
    ['.', '.'],
    ['..', '..'],
    ['250 letters', 'a'.repeat(250)],
    ['a space', 'a b'],
    ['a slash', 'a/b'],
    ['not ASCII', 'ä'],
    ['null', null],
    ['a number', 5],
  ])('%s', (_name, name: Any) => {
    const misuses: (() => unknown)[] = [
      () => stream().filter(() => true, { name }),
      () => stream().map((key, value) => [key, value], { name }),
      () => stream().split({ name }),
      () => stream().merge(stream(), { name }),
      () => stream().to('out', { name }),
      () => stream().process(pass, { name }),
      () => stream().processValues(passValues, { name }),
      () => stream().groupByKey().count({ name }),
      () => stream().groupByKey().count(undefined, { name }),
      () => stream().toTable({ name }),
      () => stream().repartition({ name }),
      () =>
        stream()
          .groupBy((key) => key, { name })
          .count(),
      () => {
        const builder = new StreamsBuilder();
        return stream(builder).join(table(builder), () => 1, { name });
      },
      () => {
        const one = stream();
        return one.join(one, () => 1, windows, { name });
      },
      () => {
        const one = stream();
        return one.join(one, () => 1, windows, { storeName: name });
      },
      () =>
        table()
          .groupBy((key, value) => [key, value], { name })
          .count(),
      () => {
        const rows = table();
        return rows.joinOnForeignKey(
          rows,
          () => 'a',
          () => 1,
          { name },
        );
      },
      () => new StreamsBuilder().table('in', {}, { name }),
      () => new StreamsBuilder().globalTable('in', {}, { name }),
      () => table().suppress({ until: 'timeLimit', timeLimit: 1, name }),
      () => Stores.keyValueStore({ name }),
      () => new Topology().addSource(name, 'in'),
      () => new Topology().addSource('s', 'in').addProcessor(name, pass, { parents: 's' }),
      () => new Topology().addSource('s', 'in').addSink(name, 'out', { parents: 's' }),
    ];
    expect([...new Set(misuses.map(codeOf))]).toEqual(['MR_TOPOLOGY_NAME']);
  });

  test.each<[string, () => unknown]>([
    [
      'two nodes',
      () =>
        stream()
          .filter(() => true, { name: 'a' })
          .filter(() => true, { name: 'a' }),
    ],
    [
      'two stores',
      () => {
        const grouped = stream().groupByKey();
        return [grouped.count({ name: 'a' }), grouped.count({ name: 'a' })];
      },
    ],
    ['a store added and a table', () => new StreamsBuilder().addStateStore(seen).table('in', {}, { name: 'seen' })],
    [
      'two declarations of one store',
      () => {
        const again = Stores.keyValueStore({ name: 'seen' });
        return new StreamsBuilder().addStateStore(seen).addStateStore(again);
      },
    ],
    ['two sources', () => new Topology().addSource('s', 'a').addSource('s', 'b')],
    ['a source and a processor', () => new Topology().addSource('s', 'a').addProcessor('s', pass, { parents: 's' })],
    [
      'source and processor of a global store',
      () => new Topology().addGlobalStore(seen, { topic: 't', source: 's', processor: 's' }, pass as Any),
    ],
    [
      'a global store and a store',
      () =>
        new Topology()
          .addGlobalStore(seen, { topic: 't', source: 's', processor: 'p' }, pass as Any)
          .addStateStore(Stores.keyValueStore({ name: 'seen' })),
    ],
    [
      'two joins',
      () => {
        const one = stream();
        return [1, 2].map(() => one.join(one, (left, right) => left + right, windows, { name: 'j' }));
      },
    ],
  ])('taken by %s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_TOPOLOGY_DUPLICATE'));
});

describe('topics:', () => {
  test.each<[string, () => unknown, string]>([
    ['none', () => new StreamsBuilder().stream([]), 'MR_TOPOLOGY_ARGUMENT'],
    ['null', () => new StreamsBuilder().stream(null as Any), 'MR_TOPOLOGY_ARGUMENT'],
    ['a pattern for a table', () => new StreamsBuilder().table(/in-.*/ as Any), 'MR_TOPOLOGY_ARGUMENT'],
    ['a pattern in a list', () => new StreamsBuilder().stream([/in-.*/] as Any), 'MR_TOPOLOGY_NAME'],
    ['an empty name', () => new StreamsBuilder().stream(''), 'MR_TOPOLOGY_NAME'],
    ['an illegal name in a list', () => new StreamsBuilder().stream(['a', 'b c']), 'MR_TOPOLOGY_NAME'],
    ['of a table: illegal', () => new StreamsBuilder().table('a b'), 'MR_TOPOLOGY_NAME'],
    ['of a global table: null', () => new StreamsBuilder().globalTable(null as Any), 'MR_TOPOLOGY_ARGUMENT'],
    ['of a sink: illegal', () => stream().to('a b'), 'MR_TOPOLOGY_NAME'],
    ['of a sink: null', () => stream().to(null as Any), 'MR_TOPOLOGY_ARGUMENT'],
    ['of Topology: none', () => new Topology().addSource('s', []), 'MR_TOPOLOGY_ARGUMENT'],
    [
      'of a sink of Topology',
      () => new Topology().addSource('s', 'a').addSink('k', '', { parents: 's' }),
      'MR_TOPOLOGY_NAME',
    ],
    [
      'read in part by another stream',
      () => built((b) => [b.stream(['a', 'b']), b.stream(['b', 'c'])]),
      'MR_TOPOLOGY_TOPIC_TWICE',
    ],
    ['read by a stream and a table', () => built((b) => [b.stream('a'), b.table('a')]), 'MR_TOPOLOGY_TOPIC_TWICE'],
    ['read by two tables', () => built((b) => [b.table('a'), b.table('a')]), 'MR_TOPOLOGY_TOPIC_TWICE'],
    [
      'read by a table and a global one',
      () => built((b) => [b.table('a'), b.globalTable('a')]),
      'MR_TOPOLOGY_TOPIC_TWICE',
    ],
    [
      'read from both ends',
      () => built((b) => [b.stream('a', { offsetReset: 'latest' }), b.stream('a', { offsetReset: 'earliest' })]),
      'MR_TOPOLOGY_TOPIC_TWICE',
    ],
    [
      'read by two sources of Topology',
      () => new Topology().addSource('s', 'a').addSource('t', 'a').build(),
      'MR_TOPOLOGY_TOPIC_TWICE',
    ],
    ['no source at all', () => built(() => undefined), 'MR_TOPOLOGY_EMPTY'],
  ])('%s', (_name, misuse, code) => expect(codeOf(misuse)).toBe(code));
});

describe('arguments:', () => {
  const grouped = stream().groupByKey();
  test.each<[string, () => unknown]>([
    ['filter without a predicate', () => stream().filter(undefined as Any)],
    ['filterNot of null', () => stream().filterNot(null as Any)],
    ['map of a pair', () => stream().map(['a', 'b'] as Any)],
    ['mapValues of a value', () => stream().mapValues('a' as Any)],
    ['flatMap of null', () => stream().flatMap(null as Any)],
    ['flatMapValues of null', () => stream().flatMapValues(null as Any)],
    ['selectKey of a name', () => stream().selectKey('key' as Any)],
    ['peek of null', () => stream().peek(null as Any)],
    ['foreach of null', () => stream().foreach(null as Any)],
    [
      'a branch without a predicate',
      () =>
        stream()
          .split()
          .branch(null as Any),
    ],
    ['groupBy of null', () => stream().groupBy(null as Any)],
    ['reduce of null', () => grouped.reduce(null as Any)],
    ['aggregate without an aggregator', () => grouped.aggregate(() => 0, null as Any)],
    ['aggregate of a value', () => grouped.aggregate(0 as Any, () => 0)],
    ['cogroup of null', () => grouped.cogroup(null as Any).aggregate(() => 0)],
    ['a join with null', () => stream().join(null as Any, () => 1, windows)],
    ['a join with a topic', () => stream().join('other' as Any, () => 1, windows)],
    ['a join without a joiner', () => joining((one) => one.join(one, null as Any, windows))],
    ['a join without windows', () => stream().join(stream(), (() => 1) as Any, undefined as Any)],
    [
      'a join with windows of an aggregation',
      () => stream().join(stream(), () => 1, TimeWindows.ofSizeWithNoGrace(1) as Any),
    ],
    ['a merge with a table', () => stream().merge(table() as Any)],
    ['a join of a table with a stream', () => table().join(stream() as Any, () => 1)],
    ['cogroup with a stream', () => grouped.cogroup(() => 0).cogroup(stream() as Any, () => 0)],
    ['cogroup without an aggregator', () => grouped.cogroup(null as Any)],
    [
      'reduce of sessions without a reducer',
      () => grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1)).reduce(null as Any),
    ],
    ['a store that is a name', () => new StreamsBuilder().addStateStore('seen' as Any)],
    ['a global store that is a name', () => new StreamsBuilder().addGlobalStore('g' as Any, 't', {}, pass as Any)],
    ['stores that are one name', () => stream().process(pass, { stores: 'seen' as Any })],
    ['a store without a declaration', () => Stores.keyValueStore('seen' as Any)],
    ['windows of nothing', () => Stores.windowStore(null as Any)],
    ['sessions of nothing', () => Stores.sessionStoreWithHeaders(undefined as Any)],
    ['versions of nothing', () => Stores.versionedKeyValueStore(null as Any)],
    ['parents that are left out', () => new Topology().addSource('s', 'in').addSink('k', 'out', {} as Any)],
    ['a parent that is no option', () => new Topology().addSource('s', 'in').addProcessor('p', pass, 's' as Any)],
    ['a foreign key that is a field', () => keyed((rows) => rows.joinOnForeignKey(rows, 'id' as Any, () => 1))],
    ['mapValues of a table', () => table().mapValues(null as Any)],
    ['groupBy of a table', () => table().groupBy(null as Any)],
    ['windowedBy a text', () => grouped.windowedBy('10m' as Any)],
    ['windowedBy windows of a join', () => grouped.windowedBy(windows as Any)],
    ['cogroup windowedBy null', () => grouped.cogroup(() => 0).windowedBy(null as Any)],
    [
      'another emit strategy',
      () => grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(1)).emitStrategy('onClose' as Any),
    ],
    [
      'another emit strategy of sessions',
      () => grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1)).emitStrategy(null as Any),
    ],
    ['a serde that was not called', () => stream().to('out', { key: Serdes.string as Any })],
    ['a reset that is none', () => new StreamsBuilder().stream('in', { offsetReset: 'first' as Any })],
    ['a policy that is none', () => new StreamsBuilder().stream('in', { timestamp: 'ignore' as Any })],
    ['a time of null', () => new StreamsBuilder().stream('in', { timestamp: null as Any })],
    ['a partitioner that is a number', () => stream().to('out', { partitioner: 3 as Any })],
    ['no partitions', () => stream().repartition({ partitions: 0 })],
    ['half a partition', () => stream().repartition({ name: 'r', partitions: 1.5 })],
    ['suppress until the end', () => table().suppress({ until: 'end' } as Any)],
    ['a buffer of no record', () => table().suppress({ until: 'timeLimit', timeLimit: 1, buffer: { maxRecords: 0 } })],
    ['a buffer of -1 bytes', () => table().suppress({ until: 'timeLimit', timeLimit: 1, buffer: { maxBytes: -1 } })],
    [
      'an early result of a window',
      () =>
        grouped
          .windowedBy(TimeWindows.ofSizeWithNoGrace(1))
          .count()
          .suppress({ until: 'windowCloses', buffer: { whenFull: 'emit' } } as Any),
    ],
    [
      'connecting no store',
      () =>
        new Topology()
          .addSource('s', 'a')
          .addProcessor('p', pass, { parents: 's' })
          .connectProcessorAndStateStores('p'),
    ],
  ])('%s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_TOPOLOGY_ARGUMENT'));

  test.each<[string, () => unknown]>([
    ['mapValues', () => stream().mapValues(async (value) => Promise.resolve(value))],
    ['filter', () => stream().filter((async () => Promise.resolve(true)) as Any)],
    ['aggregate', () => grouped.aggregate(() => 0, (async () => Promise.resolve(1)) as Any)],
    ['join', () => joining((one) => one.join(one, async () => Promise.resolve(1), windows))],
  ])('an asynchronous function: %s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_TOPOLOGY_ASYNC'));
});

describe('options that are no object:', () => {
  const make = {
    builder: () => new StreamsBuilder(),
    stream,
    table,
    split: () => stream().split(),
    group: () => stream().groupByKey(),
    rows: () => table().groupBy((key, value) => [key, value]),
    windowed: () => stream().groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(1)),
    sessions: () => stream().groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1)),
    cogroup: () =>
      stream()
        .groupByKey()
        .cogroup(() => 0),
  };
  const f = (): Any => undefined;
  const options = Symbol('options');
  type Call = readonly [on: keyof typeof make, method: string, ...args: unknown[]];
  const calls: readonly Call[] = [
    ['builder', 'stream', 'in', options],
    ['builder', 'table', 'in', options],
    ['builder', 'table', 'in', undefined, options],
    ['builder', 'globalTable', 'in', options],
    ['builder', 'globalTable', 'in', undefined, options],
    ['builder', 'addGlobalStore', seen, 'topic', options, pass],
    ['builder', 'build', options],
    ...['filter', 'filterNot', 'map', 'flatMap', 'mapValues', 'flatMapValues', 'selectKey', 'peek', 'foreach'].map(
      (method): Call => ['stream', method, f, options],
    ),
    ...['print', 'split', 'repartition', 'groupByKey', 'toTable'].map((method): Call => ['stream', method, options]),
    ['stream', 'toTable', undefined, options],
    ['stream', 'groupBy', f, options],
    ['stream', 'to', 'out', options],
    ['stream', 'process', pass, options],
    ['stream', 'processValues', passValues, options],
    ['stream', 'mapValuesAsync', f, options],
    ['split', 'branch', f, options],
    ['split', 'defaultBranch', options],
    ...['filter', 'filterNot', 'mapValues'].flatMap((method): Call[] => [
      ['table', method, f, options],
      ['table', method, f, undefined, options],
    ]),
    ['table', 'transformValues', () => ({ transform: f }), options],
    ['table', 'transformValues', () => ({ transform: f }), undefined, options],
    ['table', 'groupBy', f, options],
    ['table', 'toStream', f, options],
    ['table', 'suppress', options],
    ...(['group', 'windowed', 'sessions', 'rows'] as const).flatMap((on): Call[] => [
      [on, 'count', options],
      [on, 'count', undefined, options],
    ]),
    ...(['group', 'windowed', 'sessions'] as const).flatMap((on): Call[] => [
      [on, 'reduce', f, options],
      [on, 'reduce', f, undefined, options],
    ]),
    ['rows', 'reduce', f, f, options],
    ['rows', 'aggregate', f, f, f, undefined, options],
    ['group', 'aggregate', f, f, options],
    ['windowed', 'aggregate', f, f, options],
    ['sessions', 'aggregate', f, f, f, options],
    ['cogroup', 'aggregate', f, options],
    ['cogroup', 'aggregate', f, undefined, options],
  ];
  test.each(calls.map((call) => [call.filter((one) => typeof one === 'string').join(' '), call] as const))(
    '%s',
    (_name, [on, method, ...args]) => {
      for (const given of [null, 'name', 7, []]) {
        const misuse = (): unknown =>
          (make[on]() as Any)[method](...args.map((arg) => (arg === options ? given : arg)));
        expect(codeOf(misuse)).toBe('MR_TOPOLOGY_ARGUMENT');
      }
    },
  );

  test.each<[string, (one: Text, given: Any) => unknown]>([
    ['streams', (one, given) => one.join(one, f, windows, given)],
    ['merged streams', (one, given) => one.merge(one, given)],
  ])('of %s', (_name, misuse) => {
    for (const given of [null, 'name']) expect(codeOf(() => misuse(stream(), given))).toBe('MR_TOPOLOGY_ARGUMENT');
  });

  test.each<[string, (builder: StreamsBuilder, given: Any) => unknown]>([
    ['a stream and a table', (builder, given) => stream(builder).join(table(builder), f, given)],
    ['a stream and a global table', (b, given) => stream(b).leftJoin(b.globalTable<string, string>('g'), f, f, given)],
    ['two tables', (builder, given) => table(builder).join(builder.table('other'), f, given)],
    ['two tables, kept', (builder, given) => table(builder).outerJoin(builder.table('other'), f, undefined, given)],
    ['a foreign key', (builder, given) => table(builder).joinOnForeignKey(builder.table('other'), f, f, given)],
  ])('of a join of %s', (_name, misuse) => {
    for (const given of [null, 'name'])
      expect(codeOf(() => misuse(new StreamsBuilder(), given))).toBe('MR_TOPOLOGY_ARGUMENT');
  });
});

describe('two builders do not meet:', () => {
  const other = new StreamsBuilder();
  test.each<[string, () => unknown]>([
    ['merge', () => stream().merge(stream(other))],
    ['join of streams', () => stream().join(stream(other), () => 1, windows)],
    ['join with a table', () => stream().join(table(), () => 1)],
    [
      'join with a global table',
      () =>
        stream().join(
          other.globalTable<string, string>('g'),
          (key) => key,
          () => 1,
        ),
    ],
    ['join of tables', () => table().join(table(), () => 1)],
    [
      'foreign key',
      () =>
        table().joinOnForeignKey(
          table(),
          () => 'a',
          () => 1,
        ),
    ],
    [
      'cogroup',
      () =>
        stream()
          .groupByKey()
          .cogroup(() => 0)
          .cogroup(stream().groupByKey(), () => 0)
          .aggregate(() => 0),
    ],
  ])('%s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_TOPOLOGY_OTHER_BUILDER'));
});

describe('processors and stores:', () => {
  const one = pass();
  const source = (): Topology => new Topology().addSource('s', 'in');
  test.each<[string, () => unknown, string]>([
    ['a supplier that gives one object to all tasks', () => stream().process(() => one), 'MR_TOPOLOGY_SUPPLIER'],
    ['a supplier that gives nothing', () => stream().process((() => undefined) as Any), 'MR_TOPOLOGY_SUPPLIER'],
    [
      'a class in place of a supplier of Topology',
      () => source().addProcessor('p', (() => ({})) as Any, { parents: 's' }),
      'MR_TOPOLOGY_SUPPLIER',
    ],
    ['a transformer without transform', () => table().transformValues(pass as Any), 'MR_TOPOLOGY_SUPPLIER'],
    ['no supplier', () => stream().processValues(null as Any), 'MR_TOPOLOGY_ARGUMENT'],
    [
      'a store that was not added',
      () => stream().process(pass, { stores: [{ name: 'seen' }] }),
      'MR_TOPOLOGY_STORE_UNKNOWN',
    ],
    [
      'another store of a name that is taken',
      () =>
        stream(new StreamsBuilder().addStateStore(seen)).process(pass, {
          stores: [Stores.keyValueStore({ name: 'seen' })],
        }),
      'MR_TOPOLOGY_DUPLICATE',
    ],
    [
      'a store of a name that is not there',
      () => stream().processValues(passValues, { stores: ['x'] }),
      'MR_TOPOLOGY_STORE_UNKNOWN',
    ],
    [
      'a store that is not there, connected',
      () => source().addProcessor('p', pass, { parents: 's' }).connectProcessorAndStateStores('p', 'x'),
      'MR_TOPOLOGY_STORE_UNKNOWN',
    ],
    ['a processor that is not there', () => source().addStateStore(seen, 'p'), 'MR_TOPOLOGY_PROCESSOR_UNKNOWN'],
    ['a store of a source', () => source().addStateStore(seen, 's'), 'MR_TOPOLOGY_PROCESSOR_UNKNOWN'],
    [
      'a store of a sink',
      () => source().addSink('k', 'out', { parents: 's' }).addStateStore(seen, 'k'),
      'MR_TOPOLOGY_PROCESSOR_UNKNOWN',
    ],
    [
      'a global store that is connected',
      () => {
        const builder = new StreamsBuilder().addGlobalStore(seen, 'topic', {}, pass as Any);
        return stream(builder).process(pass, { stores: ['seen'] });
      },
      'MR_TOPOLOGY_STORE_GLOBAL',
    ],
    [
      'the store of a global table that is connected',
      () => {
        const builder = new StreamsBuilder();
        builder.globalTable('topic', {}, { name: 'g' });
        return stream(builder).process(pass, { stores: ['g'] });
      },
      'MR_TOPOLOGY_STORE_GLOBAL',
    ],
    ['no parent', () => source().addProcessor('p', pass, { parents: [] }), 'MR_TOPOLOGY_PARENT_UNKNOWN'],
    ['a parent that is not there', () => source().addSink('k', 'out', { parents: 'x' }), 'MR_TOPOLOGY_PARENT_UNKNOWN'],
    ['its own parent', () => source().addProcessor('p', pass, { parents: 'p' }), 'MR_TOPOLOGY_PARENT_UNKNOWN'],
    [
      'a sink as a parent',
      () => source().addSink('k', 'out', { parents: 's' }).addProcessor('p', pass, { parents: 'k' }),
      'MR_TOPOLOGY_PARENT_UNKNOWN',
    ],
  ])('%s', (_name, misuse, code) => expect(codeOf(misuse)).toBe(code));
});

describe('times:', () => {
  const grouped = stream().groupByKey();
  test.each<[string, () => unknown]>([
    ['a size of 0', () => TimeWindows.ofSizeWithNoGrace(0)],
    ['an advance of 0', () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(0)],
    ['an advance beyond the size', () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(11)],
    ['join windows that end before they begin', () => JoinWindows.ofTimeDifferenceWithNoGrace(5).after(-6)],
    ['a second grace', () => windows.grace(5)],
    ['a start before the epoch', () => UnlimitedWindows.of().startOn(-1)],
    ['a start that is no time', () => UnlimitedWindows.of().startOn(Number.NaN)],
    ['a start that is a date', () => UnlimitedWindows.of().startOn(new Date(5) as Any)],
    [
      'final results of unlimited windows',
      () => grouped.windowedBy(UnlimitedWindows.of()).emitStrategy('onWindowClose'),
    ],
    [
      'a retention below size and grace',
      () => grouped.windowedBy(TimeWindows.ofSizeAndGrace(10, 5)).count({ name: 'a', retention: 14 }),
    ],
    [
      'a retention below gap and grace',
      () => grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(10, 5)).count({ name: 'b', retention: 14 }),
    ],
    [
      'a retention below twice the difference and the grace',
      () => grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(10, 5)).count({ name: 'c', retention: 24 }),
    ],
    ['a store that keeps less than a window', () => Stores.windowStore({ name: 'w', retention: 9, windowSize: 10 })],
    ['windowCloses of a table without windows', () => table().suppress({ until: 'windowCloses' } as Any)],
  ])('%s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_TOPOLOGY_WINDOW'));

  test.each<[string, () => unknown]>([
    ['a negative size', () => TimeWindows.ofSizeWithNoGrace(-1)],
    ['a negative grace', () => TimeWindows.ofSizeAndGrace(10, -1)],
    ['a negative grace of sessions', () => SessionWindows.ofInactivityGapAndGrace(10, -1)],
    ['a negative difference', () => SlidingWindows.ofTimeDifferenceWithNoGrace(-1)],
    ['a negative grace of joins', () => JoinWindows.ofTimeDifferenceAndGrace(1, -1)],
    ['a negative retention', () => grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(1)).count({ retention: -1 })],
    ['a negative retention of a store', () => Stores.sessionStore({ name: 's', retention: -1 })],
    ['a negative time limit', () => table().suppress({ until: 'timeLimit', timeLimit: -1 })],
    ['no time limit', () => table().suppress({ until: 'timeLimit' } as Any)],
    ['a date', () => TimeWindows.ofSizeWithNoGrace(new Date(5) as Any)],
    ['words', () => TimeWindows.ofSizeWithNoGrace('ten minutes')],
  ])('%s', (_name, misuse) => expect(codeOf(misuse)).toBe('MR_DURATION_INVALID'));
});
