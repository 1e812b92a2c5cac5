/** What is inferred along streams, and what must not compile. The compiler is the test; the calls run so that a type cannot hide a fault. */
import { expect, test } from '@jest/globals';
import { Serdes, json, timeWindowed, type Serde } from '@millrace/serde';
import { JoinWindows, StreamsBuilder, type KStream, type KTable } from './index.ts';

interface Order {
  readonly item: string;
  readonly amount: number;
}

const builder = new StreamsBuilder();
const orders = builder.stream('orders', { key: Serdes.string(), value: json<Order>() });
const counts = builder.stream('counts', { key: Serdes.string(), value: Serdes.long() });

/** What the types refuse is refused at run time too. */
function refused(misuse: () => unknown): void {
  expect(misuse).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_ARGUMENT' }));
}

test('keys and values are inferred from serdes and functions', () => {
  const mapped = orders.map((key, { amount }) => [key.length, `${amount}`]);
  const values = orders.mapValues((order) => order.amount);
  const keyed = orders.selectKey((_key, order) => order.item.length);
  const flat = orders.flatMapValues((order) => [...order.item]);
  const pairs = orders.flatMap((key, order): [number, string][] => [[order.amount, key]]);
  const read: readonly [
    KStream<number, string>,
    KStream<string, number>,
    KStream<number, Order>,
    KStream<string, string>,
    KStream<number, string>,
  ] = [mapped, values, keyed, flat, pairs];
  expect(read).toHaveLength(5);
});

test('predicates, mappers and actions get the types of the stream', () => {
  // @ts-expect-error an order has no such field
  orders.filter((_key, order) => order.price > 1);
  // @ts-expect-error a predicate says yes or no
  orders.filterNot((_key, order) => order.item);
  // @ts-expect-error keys are text
  orders.peek((key) => void key.toFixed());
  // @ts-expect-error map gives a key and a value
  orders.map((key) => key);
  // @ts-expect-error several values are a list
  orders.flatMapValues((order) => order.amount);
  // @ts-expect-error several records are a list of pairs
  orders.flatMap((key) => [key]);
  orders.foreach((_key, { amount }) => void amount.toFixed());
  // @ts-expect-error a foreach is the end
  expect(() => orders.foreach(() => undefined).to('on')).toThrow(TypeError);
});

test('a predicate that refuses nulls leaves none, and any other leaves the type as it is', () => {
  const parsed = orders.mapValues(({ item, amount }) => (item === '' ? null : amount));
  const numbers: KStream<string, number> = parsed.filter((_key, amount) => amount !== null);
  const names: KStream<string, string> = orders.mapValues(({ item }) => item).filter((_key, item) => item === 'tea');
  // @ts-expect-error there may be nulls still
  const others: KStream<string, number> = parsed.filter((key) => key !== '');
  expect([numbers, names, others]).toHaveLength(3);
});

test('streams of other types do not merge', () => {
  // @ts-expect-error the values differ
  orders.merge(counts);
  const both: KStream<string, Order> = orders.merge(builder.stream('more', { key: Serdes.string(), value: json() }));
  expect(both).toBeDefined();
});

test('a branch has the types of the stream', () => {
  // @ts-expect-error an order has no such field
  orders.split().branch((_key, order) => order.price > 1);
  const branches = orders.split({ name: 'by-size-' }).branch((_key, order) => order.amount > 1, { name: 'big' });
  const big: KStream<string, Order> | undefined = branches.noDefaultBranch()['by-size-big'];
  expect(big).toBeDefined();
});

test('a sink takes serdes of what reaches it', () => {
  orders.to('out', { key: Serdes.string(), value: json<Order>() });
  // @ts-expect-error the values are orders
  orders.to('out', { value: Serdes.string() });
  // @ts-expect-error the keys are text
  orders.to('out', { key: Serdes.long() });
  // @ts-expect-error after the mapping the values are numbers
  orders.mapValues((order) => order.amount).to('out', { value: json<Order>() });
  // @ts-expect-error the key of the topic's name is text
  orders.to((key: number) => `out-${key}`);
  // @ts-expect-error a topic's name is text
  orders.to((_key, order) => order.amount);
  // @ts-expect-error partitions are numbers
  orders.to('out', { partitioner: (_topic, key) => key });
  // @ts-expect-error the order that is partitioned has no such field
  orders.to('out', { partitioner: (_topic, _key, order) => order.price });
  // @ts-expect-error a typing error in an option
  orders.to('out', { valueSerde: json<Order>() });
  expect(orders.to((_key, { item }) => item, { partitioner: () => 0 })).toBeUndefined();
});

test('what goes through a topic takes serdes of what reaches it', () => {
  // @ts-expect-error the values are orders
  orders.repartition({ value: Serdes.long() });
  // @ts-expect-error the keys are text
  orders.groupByKey({ key: Serdes.long() });
  // @ts-expect-error the new keys are numbers
  orders.groupBy((_key, order) => order.amount, { key: Serdes.string() });
  // @ts-expect-error the table keeps orders
  orders.toTable({ value: Serdes.long() });
  const table: KTable<string, Order> = orders.toTable({ name: 'orders', value: json<Order>() });
  const through: KStream<string, Order> = orders.repartition({ name: 'again', partitions: 3 });
  expect([table, through]).toHaveLength(2);
});

test('the time of a record is found in its own types', () => {
  // @ts-expect-error an order has no such field
  builder.stream('orders-1', { value: json<Order>(), timestamp: (order) => order.at });
  // @ts-expect-error a time is a number
  builder.stream('orders-2', { value: json<Order>(), timestamp: (order) => order.item });
  // @ts-expect-error a policy that does not exist
  refused(() => builder.stream('orders-3', { timestamp: 'ignore' }));
  // @ts-expect-error a reset that does not exist
  refused(() => builder.stream('orders-4', { offsetReset: 'first' }));
  expect(builder.stream('orders-5', { value: json<Order>(), timestamp: (order) => order.amount })).toBeDefined();
});

test('joins of streams and tables', () => {
  const windows = JoinWindows.ofTimeDifferenceWithNoGrace({ minutes: 10 });
  const table = builder.table('customers', { key: Serdes.string(), value: Serdes.string() });
  const byNumber = builder.table('by-number', { key: Serdes.integer(), value: Serdes.string() });
  const joined: KStream<string, string> = orders.join(table, ({ item }, customer) => item + customer);
  const paired: KStream<string, number> = orders.join(counts, ({ amount }, count) => amount * count, windows);
  // @ts-expect-error the row of a left join may be missing
  orders.leftJoin(table, ({ item }, customer) => item + customer.length);
  // @ts-expect-error the keys are of different types
  orders.join(byNumber, () => 1);
  // @ts-expect-error a join of streams needs windows
  refused(() => orders.join(counts, () => 1));
  // @ts-expect-error the right stream has numbers
  orders.join(counts, () => 1, windows, { name: 'j', otherValue: Serdes.string() });
  // @ts-expect-error the left stream has orders
  orders.join(counts, () => 1, windows, { name: 'k', value: Serdes.long() });
  // @ts-expect-error the table has text
  orders.join(table, () => 1, { name: 'l', otherValue: Serdes.long() });
  // @ts-expect-error the joined values are text
  joined.to('joined', { value: Serdes.long() });
  paired.to('paired', { value: Serdes.long() });
  expect(joined).toBeDefined();
});

test('a windowed serde is no serde of its key', () => {
  const windowed: Serde<string> | Serde<{ key: string; window: { start: number; end: number } }> = timeWindowed(
    Serdes.string(),
    '10m',
  );
  // @ts-expect-error the keys have no windows
  orders.to('windowed', { key: timeWindowed(Serdes.string(), '10m') });
  expect(windowed.name).toBe('time-windowed(string,600000)');
});
