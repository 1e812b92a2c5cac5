import { expect, test } from '@jest/globals';
import { StreamsBuilder } from '@millrace/dsl';
import { avro, Serdes } from '@millrace/serde';
import { TopologyTestDriver } from './index.ts';

interface Order {
  readonly item: string;
  readonly count: number;
}

const fields = [
  { name: 'item', type: 'string' },
  { name: 'count', type: 'int' },
];
const orderSchema = { type: 'record', name: 'Order', fields };
/** As an old producer has it: without a count. */
const oldSchema = { type: 'record', name: 'Order', fields: fields.slice(0, 1) };
const newSchema = { ...orderSchema, fields: [fields[0], { name: 'count', type: 'int', default: 1 }] };

test('Avro in a driver needs no registry of its own', async () => {
  const builder = new StreamsBuilder();
  const order = (): { key: ReturnType<typeof Serdes.string>; value: ReturnType<typeof avro<Order>> } => ({
    key: Serdes.string(),
    value: avro<Order>({ schema: newSchema }),
  });
  builder
    .stream('orders', order())
    .mapValues(({ item, count }) => ({ item, count: count * 2 }))
    .to('doubled', order());
  const driver = await TopologyTestDriver.open(builder.build());
  const old = driver.createInputTopic('orders', {
    key: Serdes.string(),
    value: avro<Pick<Order, 'item'>>({ schema: oldSchema }),
  });
  const orders = driver.createInputTopic('orders', order());
  const doubled = driver.createOutputTopic('doubled', order());
  await old.pipeInput('a', { item: 'tea' });
  await orders.pipeInput('b', { item: 'cup', count: 3 });
  expect(doubled.readValuesToList()).toEqual([
    { item: 'tea', count: 2 },
    { item: 'cup', count: 6 },
  ]);
  await driver.close();
});
