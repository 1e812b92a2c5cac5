/** Joins (testdata/jvm/.../Joins.java): what waits for a partner, and rows of tables in another's topics. */
import { JoinWindows, Serdes, StreamsBuilder, type Program } from 'millrace';
import { strings, type Happening, type Pick, type Scenario, type TopicPrefixes } from './scenario.ts';

const customers = 25;
const orders = 150;
const otherValue = Serdes.string();

export const joinScenarios: readonly Scenario[] = [
  {
    name: 'left-join',
    inputs: ['offers', 'answers'],
    output: 'answered',
    compared: 'all',
    pendingStore: 'answered-left-shared-join-store',
    closedBy: 'answers',
    // About half of the offers are answered in time, some more than once.
    event: (pick: Pick, i: number): Happening => ({
      topic: pick(3) === 0 ? 'answers' : 'offers',
      key: `thing-${pick(200)}`,
      value: `${i}`,
    }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      const answers = `${inputs}answers`;
      const offers = builder.stream(`${inputs}offers`, strings);
      offers
        .leftJoin(
          builder.stream(answers, strings),
          (offer, answer) => `${offer}|${answer}`,
          JoinWindows.ofTimeDifferenceAndGrace('20s', '60s'),
          { name: 'answered', storeName: 'answered', ...strings, otherValue },
        )
        .to(`${outputs}answered`, strings);
      return builder.build();
    },
  },
  {
    name: 'outer-join',
    inputs: ['sent', 'received'],
    output: 'matched',
    compared: 'all',
    pendingStore: 'matched-outer-shared-join-store',
    closedBy: 'received',
    event: (pick: Pick, i: number): Happening => ({
      topic: pick(2) === 0 ? 'sent' : 'received',
      key: `parcel-${pick(100)}`,
      value: `${i}`,
    }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .stream(`${inputs}sent`, strings)
        .outerJoin(
          builder.stream(`${inputs}received`, strings),
          (sent, received) => `${sent}|${received}`,
          JoinWindows.ofTimeDifferenceAndGrace('5s', '2m'),
          { name: 'matched', storeName: 'matched', ...strings, otherValue },
        )
        .to(`${outputs}matched`, strings);
      return builder.build();
    },
  },
  {
    name: 'foreign-key-join',
    inputs: ['orders', 'customers'],
    output: 'shipped',
    compared: 'latest',
    event: (pick: Pick, i: number, left: number): Happening => {
      // In the end every order and every customer exists, for which results stay is not always determined, on one JVM either. A join by foreign key forgets
      // to delete a result when its row goes to a customer that does not exist and changes again before the answer is there; and when a row is deleted,
      // comes and is deleted again: the answer to the first deletion is dropped while the row is there, and the record cache makes nothing of the others.
      if (left < customers) return { topic: 'customers', key: `c${left}`, value: `last-${i}` };
      if (left < customers + orders)
        return { topic: 'orders', key: `o${left - customers}`, value: `c${i % customers}:${i}` };
      if (pick(4) === 0)
        return { topic: 'customers', key: `c${pick(customers)}`, value: pick(8) === 0 ? null : `name-${i}` };
      return { topic: 'orders', key: `o${pick(orders)}`, value: pick(10) === 0 ? null : `c${pick(customers)}:${i}` };
    },
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .table(`${inputs}orders`, strings)
        .joinOnForeignKey(
          builder.table(`${inputs}customers`, strings),
          (order) => order.split(':')[0] ?? null,
          (order, customer) => `${order}@${customer}`,
          { name: 'by-customer' },
          { name: 'shipped', ...strings },
        )
        .toStream()
        .to(`${outputs}shipped`, strings);
      return builder.build();
    },
  },
  {
    name: 'global-table',
    inputs: ['baskets'],
    globalInputs: ['products'],
    output: 'labelled',
    compared: 'all',
    // All labels are there from the beginning and are written again unchanged: an instance reads them on a thread of its own, at no set time.
    before: Array.from({ length: 20 }, (_, i) => ({ topic: 'products', key: `p${i}`, value: `label-${i}` })),
    event: (pick: Pick, i: number): Happening => {
      const product = pick(20);
      if (pick(10) === 0) return { topic: 'products', key: `p${product}`, value: `label-${product}` };
      return { topic: 'baskets', key: `b${i}`, value: `p${pick(25)}` };
    },
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      const products = builder.globalTable(`${inputs}products`, strings, { name: 'products', ...strings });
      builder
        .stream(`${inputs}baskets`, strings)
        .leftJoin(
          products,
          (_basket, product) => product,
          (product, label) => `${product}=${label}`,
        )
        .to(`${outputs}labelled`, strings);
      return builder.build();
    },
  },
];
