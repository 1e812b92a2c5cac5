/** How long one transaction takes on a real broker: a record to each of 4 partitions, their offsets, and the commit. */
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { GroupMember, KafkaClient } from '@millrace/ports';
import { rounded } from './cpu.ts';
import type { PartOptions } from './options.ts';

/** Between two transactions. */
const pauseMs = 50;

const all = (topic: string): readonly { topic: string; partition: number }[] =>
  [0, 1, 2, 3].map((partition) => ({ topic, partition }));

interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Prints a JSON line: percentiles with transactions v2 and v1. */
export async function commitBench(bootstrap: string, { rounds = 200 }: PartOptions): Promise<void> {
  const v2 = await measured(bootstrap, { rounds });
  const v1 = await measured(bootstrap, { rounds, transactionVersion: 1 });
  const wanted = { p50Ms: 15 };
  const line = { bench: 'commit', partitions: 4, rounds, pauseMs, v2, v1, wanted, reached: v2.p50Ms < wanted.p50Ms };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

interface Rounds {
  readonly rounds: number;
  readonly transactionVersion?: 1;
}

async function measured(bootstrapServers: string, { rounds, ...version }: Rounds): Promise<Percentiles> {
  const ports = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const client = createKafkaClient({
    bootstrapServers,
    clientId: 'bench',
    transport: tcpTransport(),
    ...ports,
    ...version,
  });
  const topic = `bench-${systemRandom.uuid()}`;
  await client.connect();
  await client.admin.createTopics([{ name: topic, partitions: 4, replicationFactor: 1 }]);
  const member = await joined(client, topic);
  try {
    const times = await cycles({ client, member, topic, rounds });
    const at = (share: number): number => rounded(times[Math.floor(share * rounds)] ?? 0, 1);
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  } finally {
    await member.leave();
    await client.admin.deleteTopics([topic]);
    await client.close();
  }
}

/** The only member of a group; offsets are fenced by its generation. */
async function joined(client: KafkaClient, topic: string): Promise<GroupMember> {
  const member = client.group({
    groupId: topic,
    topics: [topic],
    assignor: {
      name: 'all',
      assign: (members) =>
        new Map(members.map(({ memberId }) => [memberId, { partitions: all(topic), userData: Buffer.alloc(0) }])),
    },
  });
  const assigned = new Promise<void>((resolve) => member.onEvent(resolve));
  member.join();
  await assigned;
  member.next();
  return member;
}

interface Cycles {
  readonly client: KafkaClient;
  readonly member: GroupMember;
  readonly topic: string;
  readonly rounds: number;
}

async function cycles({ client, member, topic, rounds }: Cycles): Promise<readonly number[]> {
  const producer = client.transactionalProducer({ transactionalId: topic });
  await producer.prepare([topic]);
  await producer.init();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const now = systemClock.now();
    for (const { partition } of all(topic)) producer.append(topic, partition, null, Buffer.alloc(100), now);
    const offsets = all(topic).map((one) => ({ ...one, offset: i, metadata: '' }));
    const beganMs = systemClock.monotonic();
    await Promise.all([producer.flush(), producer.sendOffsets(offsets, member.metadata())]);
    await producer.commit();
    times.push(systemClock.monotonic() - beganMs);
    await systemClock.sleep(pauseMs);
  }
  await producer.close();
  return times.sort((a, b) => a - b);
}
