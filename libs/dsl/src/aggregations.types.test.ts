/** What is inferred from serdes through groups and windows to the sink, and what must not compile. */
import { expect, test } from '@jest/globals';
import { Serdes, json, sessionWindowed, timeWindowed, type Windowed } from '@millrace/serde';
import {
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  Stores,
  TimeWindows,
  type KGroupedStream,
  type KStream,
  type KTable,
} from './index.ts';

interface Sum {
  readonly total: number;
}

const builder = new StreamsBuilder();
const words = builder.stream('words', { key: Serdes.string(), value: Serdes.string() });
const byLength: KGroupedStream<number, string> = words.groupBy((_key, word) => word.length, { key: Serdes.integer() });
const tumbling = TimeWindows.ofSizeWithNoGrace('10m');

/** What the types refuse is refused at run time too. */
function refused(misuse: () => unknown): void {
  expect(misuse).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_ARGUMENT' }));
}

test('from the source to the sink', () => {
  const counts = byLength.count();
  counts.toStream().to('out', { key: Serdes.integer(), value: Serdes.long() });
  // @ts-expect-error the keys are numbers since the grouping
  counts.toStream().to('out', { key: Serdes.string() });
  // @ts-expect-error counts are numbers
  counts.toStream().to('out', { value: Serdes.string() });
  const windowed: KTable<Windowed<number>, number> = byLength.windowedBy(tumbling).count();
  const stream: KStream<Windowed<number>, number> = windowed.toStream();
  stream.to('windowed', { key: timeWindowed(Serdes.integer(), '10m') });
  // @ts-expect-error the keys have windows
  stream.to('windowed', { key: Serdes.integer() });
  // @ts-expect-error the keys in the windows are numbers
  stream.to('windowed', { key: timeWindowed(Serdes.string(), '10m') });
  const starts: KStream<number, number> = windowed.toStream(({ window }) => window.start);
  // @ts-expect-error a key in a window has no such field
  windowed.toStream(({ start }) => start);
  expect(starts).toBeDefined();
});

test('aggregates have one type', () => {
  const sums: KTable<number, Sum> = byLength.aggregate(
    () => ({ total: 0 }),
    (_key, word, { total }) => ({ total: total + word.length }),
    { value: json() },
  );
  const zero = (): number => 0;
  const lengths = (_key: number, word: string, sum: number): number => sum + word.length;
  const texts = (_key: number, word: string): string => word;
  const numbers = (_key: number, word: number, sum: number): number => sum + word;
  // @ts-expect-error the aggregator gives text where the aggregate is a number
  byLength.aggregate(zero, texts, { value: Serdes.long() });
  // @ts-expect-error the store keeps text where the aggregate is a number
  byLength.aggregate(zero, lengths, { value: Serdes.string() });
  // @ts-expect-error the words are text
  byLength.aggregate(zero, numbers);
  // @ts-expect-error a reduction keeps the type of the values
  byLength.reduce((longest, word) => longest.length + word.length);
  // @ts-expect-error a reduction keeps the type of the values
  byLength.reduce((longest) => longest, { value: Serdes.long() });
  // @ts-expect-error counts are numbers
  byLength.count({ value: Serdes.string() });
  // @ts-expect-error the keys are numbers
  byLength.count({ key: Serdes.string() });
  expect(sums).toBeDefined();
});

test('windows of each kind', () => {
  const sessions = words.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace('5m'));
  const sliding = words.groupByKey().windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace({ seconds: 30 }));
  sessions
    .count()
    .toStream()
    .to('sessions', { key: sessionWindowed(Serdes.string()) });
  sliding
    .count()
    .toStream()
    .to('sliding', { key: timeWindowed(Serdes.string(), '30s') });
  const zero = (): number => 0;
  const lengths = (_key: string, word: string, sum: number): number => sum + word.length;
  const added = (_key: string, one: number, other: number): number => one + other;
  sessions.aggregate(zero, lengths, added, { name: 'sessions', value: Serdes.long() });
  // @ts-expect-error sessions that become one need a merger
  refused(() => sessions.aggregate(zero, lengths, { value: Serdes.long() }));
  // @ts-expect-error time windows have nothing to merge
  refused(() => sliding.aggregate(zero, lengths, added));
  // @ts-expect-error a duration is no date
  expect(() => TimeWindows.ofSizeWithNoGrace(new Date(0))).toThrow(
    expect.objectContaining({ code: 'MR_DURATION_INVALID' }),
  );
  // @ts-expect-error windows of one kind only
  refused(() => words.groupByKey().windowedBy('10m'));
  expect(() => TimeWindows.ofSizeWithNoGrace('10 minutes')).toThrow(
    expect.objectContaining({ code: 'MR_DURATION_INVALID' }),
  );
});

test('emitStrategy is said once, by its name', () => {
  const once = byLength.windowedBy(tumbling).emitStrategy('onWindowClose');
  const final: KTable<Windowed<number>, number> = once.count();
  // @ts-expect-error it was said
  expect(once.emitStrategy).toBeDefined();
  // @ts-expect-error no such strategy
  refused(() => byLength.windowedBy(tumbling).emitStrategy('onClose'));
  // @ts-expect-error only windows close
  expect(byLength.emitStrategy).toBeUndefined();
  const sessions = byLength.windowedBy(SessionWindows.ofInactivityGapWithNoGrace('5m')).emitStrategy('onWindowClose');
  // @ts-expect-error it was said
  expect(sessions.emitStrategy).toBeDefined();
  expect(final).toBeDefined();
});

test('grouped streams fold into one aggregate', () => {
  const numbers = builder.stream('numbers', { key: Serdes.string(), value: Serdes.integer() }).groupByKey();
  const both = words
    .groupByKey()
    .cogroup((_key, word, sum: number) => sum + word.length)
    .cogroup(numbers, (_key, number, sum) => sum + number);
  const table: KTable<string, number> = both.aggregate(() => 0, { value: Serdes.double() });
  // @ts-expect-error the aggregate is a number
  both.aggregate(() => '');
  // @ts-expect-error the keys are of different types
  both.cogroup(byLength, (_key, _word, sum) => sum);
  // @ts-expect-error the numbers are numbers
  both.cogroup(numbers, (_key, number: string, sum) => sum + number.length);
  expect(table).toBeDefined();
});

test('tables grouped by another key', () => {
  const prices = builder.table('prices', { key: Serdes.string(), value: Serdes.double() });
  const grouped = prices.groupBy((item, price) => [item.length, price], { key: Serdes.integer() });
  const sums: KTable<number, number> = grouped.reduce(
    (sum, price) => sum + price,
    (sum, price) => sum - price,
  );
  // @ts-expect-error what was added must be taken back
  refused(() => grouped.reduce((sum, price) => sum + price));
  const zero = (): number => 0;
  const added = (_group: number, price: number, sum: number): number => sum + price;
  const told = (_group: number, price: number): string => `${price}`;
  // @ts-expect-error adder and subtractor have one aggregate
  grouped.aggregate(zero, added, told);
  // @ts-expect-error the groups are numbers
  prices.groupBy((item, price) => [item.length, price], { key: Serdes.string() });
  // @ts-expect-error a key and a value
  prices.groupBy((item) => item);
  // @ts-expect-error the rows of a filtered table are kept as they are
  prices.filter(() => true, {}, { name: 'f', value: Serdes.string() });
  const texts: KTable<string, string> = prices.mapValues((price) => price.toFixed(), {}, { value: Serdes.string() });
  // @ts-expect-error the mapped rows are text
  prices.mapValues((price) => price.toFixed(), {}, { name: 'm', value: Serdes.double() });
  expect([sums, texts]).toHaveLength(2);
});

test('stores give processors their own types', () => {
  const seen = Stores.keyValueStore({ name: 'seen', key: Serdes.string(), value: Serdes.long() });
  builder.addStateStore(seen);
  const out = words.process<string, number>(
    () => ({
      init(context) {
        const store = context.getStateStore(seen);
        const count: number | null = store.get('a');
        // @ts-expect-error the values are numbers
        store.put('a', 'b');
        // @ts-expect-error the keys are text
        store.get(1);
        // @ts-expect-error text is forwarded as a number
        context.forward({ key: 'a', value: 'b', timestamp: count ?? 0 });
      },
      process: ({ value }) => void value.length,
    }),
    { stores: [seen] },
  );
  const numbers: KStream<string, number> = out;
  words.processValues<number>(() => ({
    process: (record) => {
      // @ts-expect-error the key stays
      expect(() => record.withKey('b')).toThrow(TypeError);
    },
  }));
  // @ts-expect-error windows need a size
  expect(() => Stores.windowStore({ name: 'w', retention: '1h' })).toThrow();
  expect(numbers).toBeDefined();
});
