/** Joins on any cluster: over repartition topics, their stores and changelogs, and a restart in between. */
import { expect, test } from '@jest/globals';
import { partitionForKey } from '@millrace/protocol';
import { memoryEngines } from '@millrace/store-memory';
import { JoinWindows, Serdes, StreamsBuilder, type Program } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { reached, type ClusterUnderTest, type Found } from './playground.ts';

interface Topics {
  readonly orders: string;
  readonly payments: string;
  readonly joined: string;
}

const strings = { key: Serdes.string(), value: Serdes.string() };

/** Orders come under any key, payments under that of the order. */
function ordersWithPayments({ orders, payments, joined }: Topics): Program {
  const builder = new StreamsBuilder();
  const byOrder = builder.stream(orders, strings).selectKey((_key, order) => order);
  const windows = JoinWindows.ofTimeDifferenceAndGrace('1h', '1h');
  byOrder
    .leftJoin(
      builder.stream(payments, strings),
      (order, payment, key) => `${key}: ${order} ${payment ?? 'unpaid'}`,
      windows,
      { name: 'pay', storeName: 'pay', ...strings, otherValue: Serdes.string() },
    )
    .to(joined, strings);
  return builder.build();
}

/** Where the default partitioner puts a key of two partitions. */
const partitionOf = (key: string): number => partitionForKey(Buffer.from(key), 2);

const texts = (records: readonly Found[]): string[] => records.map(({ value }) => String(value)).sort();

export function joinsSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: joins of streams`, makeCluster, (site) => {
    test('partners meet, also when one of them came before a start that has nothing but the changelogs', async () => {
      const { ground } = site;
      const topics = {
        orders: await ground.topic('orders', 3),
        payments: await ground.topic('payments', 2),
        joined: await ground.topic('joined', 1),
      };
      const first = ground.application(ordersWithPayments(topics), { engines: memoryEngines() });
      await first.start();
      await reached(first, 'RUNNING');
      await ground.feed(topics.orders, [
        { partition: 0, key: 'x', value: 'o1' },
        { partition: 2, key: 'y', value: 'o2' },
        { partition: 1, key: 'z', value: 'o3' },
      ]);
      await ground.feed(topics.payments, [{ partition: partitionOf('o1'), key: 'o1', value: 'cash' }]);
      const before = await ground.committed(topics.joined, (records) => records.length >= 1);
      expect(texts(before)).toEqual(['o1: o1 cash']);
      const changelog = `${ground.applicationId}-pay-this-join-store-changelog`;
      await ground.committed(changelog, (records) => records.length >= 3);
      await first.close();

      const second = ground.application(ordersWithPayments(topics), { engines: memoryEngines() });
      await second.start();
      await reached(second, 'RUNNING');
      await ground.feed(topics.payments, [
        { partition: partitionOf('o2'), key: 'o2', value: 'card' },
        { partition: partitionOf('o3'), key: 'o3', value: 'coin' },
      ]);
      const after = await ground.committed(topics.joined, (records) => records.length >= 3);
      expect(texts(after)).toEqual(['o1: o1 cash', 'o2: o2 card', 'o3: o3 coin']);
    });
  });
}
