/** What must not compile. Nothing here is about values: the compiler is the test. */
import { expect, test } from '@jest/globals';
import { JoinWindows, StreamsBuilder, type KStream } from './index.ts';

const builder = new StreamsBuilder();
const windows = JoinWindows.ofTimeDifferenceWithNoGrace('1s');
const orders = builder.stream<string, { item: string }>('orders');
const payments = builder.stream<string, { amount: number }>('payments');
const items = builder.globalTable<number, { price: number }>('items');
const byNumber = builder.stream<number, string>('numbers');

test('joiners get the values of both sides and the key', () => {
  const joined: KStream<string, number> = orders.join(payments, (_order, payment) => payment.amount, windows);
  const keyed: KStream<string, string> = orders.leftJoin(payments, (order, _payment, key) => key + order.item, windows);
  const priced: KStream<string, number> = orders.join(
    items,
    (_key, { item }) => item.length,
    (_order, item) => item.price,
  );
  expect([joined, keyed, priced]).toHaveLength(3);
});

test('sides that may be missing are null, keys agree, windows are there', () => {
  // @ts-expect-error the right side of a left join may be missing
  orders.leftJoin(payments, (_order, payment) => payment.amount, windows);
  // @ts-expect-error both sides of an outer join may be missing
  orders.outerJoin(payments, (order) => order.item, windows);
  // @ts-expect-error the keys are of different types
  orders.join(byNumber, () => 1, windows);
  // @ts-expect-error the key selector gives the key of the global table
  orders.join(
    items,
    (key: string) => key,
    () => 1,
  );
  expect(windows.spec.graceMs).toBe(0);
});
