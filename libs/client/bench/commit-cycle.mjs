// How long one transaction takes: append to 4 partitions, offsets, commit. node libs/client/bench/commit-cycle.mjs [BOOTSTRAP] [PAUSE_MS]
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '../dist/index.js';

const bootstrapServers = process.argv[2] ?? '127.0.0.1:29092';
const pauseMs = Number(process.argv[3] ?? 50);
const rounds = 200;
const topic = `bench-${systemRandom.uuid()}`;

async function measure(transactionVersion) {
  const client = createKafkaClient({
    bootstrapServers,
    clientId: 'bench',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...(transactionVersion === 1 ? { transactionVersion: 1 } : {}),
  });
  await client.connect();
  await client.admin.createTopics([{ name: topic, partitions: 4, replicationFactor: 1 }]);
  const all = [0, 1, 2, 3].map((partition) => ({ topic, partition }));
  const member = client.group({
    groupId: topic,
    topics: [topic],
    assignor: {
      name: 'all',
      assign: (members) =>
        new Map(members.map(({ memberId }) => [memberId, { partitions: all, userData: Buffer.alloc(0) }])),
    },
  });
  const assigned = new Promise((resolve) => member.onEvent(resolve));
  member.join();
  await assigned;
  const producer = client.transactionalProducer({ transactionalId: topic });
  await producer.prepare([topic]);
  await producer.init();
  const times = [];
  for (let i = 0; i < rounds; i++) {
    for (const { partition } of all) producer.append(topic, partition, null, Buffer.alloc(100), Date.now());
    const offsets = all.map((one) => ({ ...one, offset: i, metadata: '' }));
    const start = performance.now();
    await Promise.all([producer.flush(), producer.sendOffsets(offsets, member.metadata())]);
    await producer.commit();
    times.push(performance.now() - start);
    if (pauseMs > 0) await systemClock.sleep(pauseMs);
  }
  await member.leave();
  await client.close();
  times.sort((a, b) => a - b);
  const at = (share) => Number(times[Math.floor(share * rounds)].toFixed(1));
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

console.log(JSON.stringify({ pauseMs, v2: await measure(2), v1: await measure(1) }));
