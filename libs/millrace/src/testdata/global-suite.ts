/** Global tables and stores of a running application on any cluster: whole before the first record, current afterwards, kept over a restart. */
import { expect, test } from '@jest/globals';
import type { StateEngines } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import {
  Serdes,
  Stores,
  StreamsBuilder,
  type KafkaStreams,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ProcessorRecord,
  type Program,
} from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { reached, until, type ClusterUnderTest, type Found } from './playground.ts';

interface Topics {
  readonly orders: string;
  readonly customers: string;
  readonly named: string;
}

const strings = { key: Serdes.string(), value: Serdes.string() };

/** An order's value is its customer. */
function ordersWithNames({ orders, customers, named }: Topics): Program {
  const builder = new StreamsBuilder();
  const names = builder.globalTable(customers, strings, { name: 'names' });
  builder
    .stream(orders, strings)
    .leftJoin(names, (_key, customer) => customer, (customer, name) => `${customer}: ${name ?? 'unknown'}`)
    .to(named, strings);
  return builder.build();
}

/** Keeps the names in capitals: what the topic holds is not what the store holds. */
class Capitals implements Processor<string, string> {
  #store: KeyValueStore<string, string> | undefined;

  init(context: ProcessorContext<never, never>): void {
    this.#store = context.getStateStore('capitals');
  }

  process({ key, value }: ProcessorRecord<string, string>): void {
    this.#store?.put(key, value === null ? null : value.toUpperCase());
  }
}

/** Tells what it is given. */
function following(topic: string, process: (record: ProcessorRecord<string, string>) => void): Program {
  const builder = new StreamsBuilder();
  const rows = Stores.keyValueStore({ name: 'rows', key: Serdes.string(), value: Serdes.string() });
  builder.addGlobalStore(rows, topic, strings, () => ({ process }));
  return builder.build();
}

/** Looks names up in a store that it is not connected with. */
class Naming implements Processor<string, string, string, string> {
  #context: ProcessorContext<string, string> | undefined;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
  }

  process(record: ProcessorRecord<string, string>): void {
    const names = this.#context?.getStateStore<KeyValueStore<string, string>>('capitals');
    const all = names?.all() ?? [];
    const name = names?.get(record.value) ?? 'unknown';
    this.#context?.forward(record.withValue(`${record.value}: ${name} of ${[...all].length}`));
  }
}

function ordersWithCapitals({ orders, customers, named }: Topics): Program {
  const builder = new StreamsBuilder();
  const capitals = Stores.keyValueStore({ name: 'capitals', key: Serdes.string(), value: Serdes.string() });
  builder.addGlobalStore(capitals, customers, strings, () => new Capitals());
  builder
    .stream(orders, strings)
    .process(() => new Naming())
    .to(named, strings);
  return builder.build();
}

const texts = (records: readonly Found[]): string[] => records.map(({ value }) => String(value));

export function globalSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: global stores`, makeCluster, (site) => {
    async function topics(): Promise<Topics> {
      const { ground } = site;
      return {
        orders: await ground.topic('orders', 2),
        customers: await ground.topic('customers', 3, { 'cleanup.policy': 'compact' }),
        named: await ground.topic('named', 1),
      };
    }

    async function started(program: Program, engines: StateEngines = memoryEngines()): Promise<KafkaStreams> {
      const streams = site.ground.application(program, { engines, config: { commitIntervalMs: 50 } });
      await streams.start();
      await reached(streams, 'RUNNING');
      return streams;
    }

    /** One record in, and what all of them have given. */
    async function order({ orders, named }: Topics, customer: string, count: number): Promise<string[]> {
      await site.ground.feed(orders, [{ partition: count % 2, key: `o${count}`, value: customer }]);
      return texts(await site.ground.committed(named, (records) => records.length >= count));
    }

    test('a table is whole before the first record, follows, and goes on from the state directory', async () => {
      const { ground } = site;
      const all = await topics();
      await ground.feed(all.orders, [{ partition: 0, key: 'o0', value: 'c1' }]);
      await ground.feed(all.customers, [
        { partition: 0, key: 'c1', value: 'old' },
        { partition: 1, key: 'c2', value: 'Bea' },
        { partition: 2, key: 'c3', value: 'Cid' },
        { partition: 0, key: 'c1', value: 'Ann' },
        { partition: 2, key: 'c3', value: null },
      ]);
      const engines = memoryEngines();
      const first = await started(ordersWithNames(all), engines);
      expect(first.metrics().globalRecords).toBe(5);
      expect(texts(await ground.committed(all.named, (records) => records.length >= 1))).toEqual(['c1: Ann']);
      expect(await order(all, 'c3', 2)).toContain('c3: unknown');

      await ground.feed(all.customers, [{ partition: 1, key: 'c2', value: 'Bob' }]);
      await until(() => first.metrics().globalRecords === 6);
      expect(await order(all, 'c2', 3)).toContain('c2: Bob');
      await first.close();

      const group = await ground.client.admin.groupOffsets(ground.applicationId);
      expect(group.filter(({ topic }) => topic === all.customers)).toEqual([]);

      await ground.feed(all.customers, [{ partition: 2, key: 'c3', value: 'Cal' }]);
      const second = await started(ordersWithNames(all), engines);
      // The rest was in the state directory.
      expect(second.metrics().globalRecords).toBe(1);
      expect(await order(all, 'c3', 4)).toContain('c3: Cal');
      expect(await order(all, 'c1', 5)).toEqual(expect.arrayContaining(['c1: Ann']));
      await second.close();

      const third = await started(ordersWithNames(all));
      expect(third.metrics().globalRecords).toBeGreaterThanOrEqual(3);
      expect((await order(all, 'c2', 6)).filter((text) => text === 'c2: Bob')).toHaveLength(2);
    });

    test('a store that a processor fills is filled by it again, and all processors may walk it', async () => {
      const { ground } = site;
      const all = await topics();
      await ground.feed(all.customers, [
        { partition: 0, key: 'c1', value: 'Ann' },
        { partition: 1, key: 'c2', value: 'Bea' },
      ]);
      const engines = memoryEngines();
      const first = await started(ordersWithCapitals(all), engines);
      expect(await order(all, 'c1', 1)).toEqual(['c1: ANN of 2']);
      await ground.feed(all.customers, [{ partition: 2, key: 'c3', value: 'Cid' }]);
      await until(() => first.metrics().globalRecords === 3);
      expect(await order(all, 'c3', 2)).toContain('c3: CID of 3');
      await first.close();
      const second = await started(ordersWithCapitals(all), engines);
      expect(second.metrics().globalRecords).toBe(0);
      expect(await order(all, 'c2', 3)).toContain('c2: BEA of 3');
      await second.close();
      const third = await started(ordersWithCapitals(all));
      expect(third.metrics().globalRecords).toBe(3);
      expect(await order(all, 'c3', 4)).toContain('c3: CID of 3');
    });

    test('records without a key reach a processor while it follows, and are passed over when it starts', async () => {
      const { ground } = site;
      const topic = await ground.topic('rows', 2);
      const keyless = { key: null, value: 'keyless' };
      await ground.feed(topic, [
        { partition: 0, ...keyless },
        { partition: 0, key: 'a', value: '1' },
        { partition: 0, ...keyless },
        { partition: 1, ...keyless },
      ]);
      const engines = memoryEngines();
      const seen: unknown[] = [];
      const program = following(topic, ({ key, value }) => void seen.push([key, value]));
      const first = await started(program, engines);
      expect(seen.splice(0)).toEqual([['a', '1']]);
      await ground.feed(topic, [{ partition: 0, ...keyless }]);
      await until(() => seen.length > 0);
      expect(seen.splice(0)).toEqual([[null, 'keyless']]);
      await first.close();

      // Those that came in between are passed over too, and nothing is read twice.
      await ground.feed(topic, [
        { partition: 1, ...keyless },
        { partition: 1, key: 'b', value: '2' },
      ]);
      const second = await started(program, engines);
      expect(seen).toEqual([['b', '2']]);
      await second.close();
    });
  });
}
