/** The project's own client against the broker in one process. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { seededRandom, silentLogger, systemClock } from '@millrace/base';
import { createKafkaClient } from '@millrace/client';
import type { Fetcher, GroupAssignor, KafkaClient, Transport } from '@millrace/ports';
import { apis } from '@millrace/protocol';
import { Broker } from './broker.ts';
import { inProcessTransport } from './in-process-transport.ts';

const both = [0, 1].map((partition) => ({ topic: 't', partition }));
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Connected {
  readonly client: KafkaClient;
  readonly broker: Broker;
}

interface Setting {
  readonly transactionVersion?: 1 | 2;
  readonly wire?: (transport: Transport) => Transport;
}

async function connected({ transactionVersion = 2, wire = (same) => same }: Setting = {}): Promise<Connected> {
  const broker = new Broker({ transactionVersion, clock: systemClock, random: seededRandom(1), logger: silentLogger });
  const client = createKafkaClient({
    bootstrapServers: 'broker:9092',
    clientId: 'test',
    transport: wire(inProcessTransport(broker)),
    clock: systemClock,
    random: seededRandom(2),
    logger: silentLogger,
  });
  open.push(broker, client);
  await client.connect();
  await client.admin.createTopics([{ name: 't', partitions: 2, replicationFactor: -1 }]);
  return { client, broker };
}

/** Loses the first request of an API, and its connection with it. */
function losing({ key }: { readonly key: number }): (transport: Transport) => Transport {
  let isLost = false;
  return (transport) => ({
    connect: async (address, handlers) => {
      const connection = await transport.connect(address, handlers);
      return {
        close: () => connection.close(),
        write: (frames) => {
          const loses = !isLost && frames.some((frame) => Buffer.from(frame).readInt16BE(4) === key);
          isLost ||= loses;
          if (loses) connection.close();
          else connection.write(frames);
        },
      };
    },
  });
}

async function read(fetcher: Fetcher, count: number): Promise<string[]> {
  const values: string[] = [];
  while (values.length < count)
    for (const batch of await fetcher.poll(1_000))
      for (let i = 0; i < batch.count; i++) values.push(String(batch.value(i)));
  return values;
}

describe('the client', () => {
  test('reads what it produced, in order, and not what it aborted', async () => {
    const { client } = await connected();
    const producer = client.producer();
    await producer.prepare(['t']);
    producer.append('t', 0, null, Buffer.from('a'), 1);
    await producer.flush();
    const transactional = client.transactionalProducer({ transactionalId: 'x' });
    await transactional.prepare(['t']);
    await transactional.init();
    transactional.append('t', 0, null, Buffer.from('b'), 1);
    await transactional.commit();
    transactional.append('t', 0, null, Buffer.from('aborted'), 1);
    await transactional.flush();
    await transactional.abort();
    transactional.append('t', 0, null, Buffer.from('c'), 1);
    await transactional.commit();
    const fetcher = client.fetcher({ isolation: 'read_committed' });
    fetcher.assign([{ topic: 't', partition: 0, offset: -2 }]);
    expect(await read(fetcher, 3)).toEqual(['a', 'b', 'c']);
    await fetcher.close();
  });

  test('goes on after the broker went down in the middle of a transaction', async () => {
    const { client, broker } = await connected();
    const transactional = client.transactionalProducer({ transactionalId: 'x' });
    await transactional.prepare(['t']);
    await transactional.init();
    const fetcher = client.fetcher({ isolation: 'read_committed' });
    fetcher.assign([{ topic: 't', partition: 0, offset: -2 }]);
    transactional.append('t', 0, null, Buffer.from('a'), 1);
    await transactional.commit();
    expect(await read(fetcher, 1)).toEqual(['a']);
    transactional.append('t', 0, null, Buffer.from('b'), 1);
    await transactional.flush();
    broker.restart();
    transactional.append('t', 0, null, Buffer.from('c'), 1);
    await transactional.commit();
    expect(await read(fetcher, 2)).toEqual(['b', 'c']);
    await fetcher.close();
  });

  test('keeps its place in a group over a restart of the broker, offsets and all', async () => {
    const { client, broker } = await connected();
    const all: GroupAssignor = {
      name: 'all',
      assign: ([first]) => new Map([[first?.memberId ?? '', { partitions: both, userData: Buffer.alloc(0) }]]),
    };
    const member = client.group({ groupId: 'g', topics: ['t'], assignor: all, heartbeatIntervalMs: 50 });
    member.join();
    while (member.next()?.type !== 'assigned') await systemClock.sleep(5);
    member.released();
    await member.commit([{ topic: 't', partition: 1, offset: 3, metadata: 'm' }]);
    broker.restart();
    await member.commit([{ topic: 't', partition: 0, offset: 4, metadata: 'n' }]);
    expect(await member.committed(both, true)).toMatchObject([{ offset: 4 }, { offset: 3 }]);
    expect(member.next()).toBeUndefined();
    await member.leave();
  });

  test('goes on after a commit of v1 that never arrived: it is not fenced, nobody else has its id', async () => {
    const { client } = await connected({ transactionVersion: 1, wire: losing(apis.EndTxn) });
    const producer = client.transactionalProducer({ transactionalId: 'x' });
    await producer.prepare(['t']);
    await producer.init();
    producer.append('t', 0, null, Buffer.from('undecided'), 1);
    await expect(producer.commit()).rejects.toMatchObject({ code: 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN' });
    await producer.init();
    producer.append('t', 0, null, Buffer.from('next'), 1);
    await producer.commit();
    const fetcher = client.fetcher({ isolation: 'read_committed' });
    fetcher.assign([{ topic: 't', partition: 0, offset: -2 }]);
    expect(await read(fetcher, 1)).toEqual(['next']);
    await fetcher.close();
  });
});
