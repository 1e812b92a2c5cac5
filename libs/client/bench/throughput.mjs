// Produce and consume 100-byte records through a real broker: node libs/client/bench/throughput.mjs [BOOTSTRAP] [RECORDS].
// Build base, protocol and client first. Prints one JSON line: CPU seconds per million records, process-wide, second half of each run.
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '../dist/index.js';

const bootstrapServers = process.argv[2] ?? '127.0.0.1:29092';
const records = Number(process.argv[3] ?? 2_000_000);
const partitions = 4;
const topic = `bench-${systemRandom.uuid()}`;
const client = createKafkaClient({
  bootstrapServers,
  clientId: 'bench',
  transport: tcpTransport(),
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
await client.connect();
await client.admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs: { 'retention.ms': '-1' } }]);

const keys = Array.from({ length: 1000 }, (_, i) => Buffer.from(String(i).padStart(10, 'k')));
const values = Array.from({ length: 1000 }, (_, i) => Buffer.from(`{"id":${i},"text":"`.padEnd(98, 'abc def ') + '"}'));

async function measured(run) {
  const half = records / 2;
  await run(half);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run(half);
  const { user, system } = process.cpuUsage(cpu);
  return {
    cpuSecondsPerMillion: Number(((user + system) / half).toFixed(3)),
    recordsPerSecond: Math.round((half * 1000) / (performance.now() - start)),
  };
}

const producer = client.producer();
await producer.prepare([topic]);
const produce = await measured(async (count) => {
  for (let i = 0; i < count; i++) {
    if (!producer.append(topic, i & 3, keys[i % 1000], values[i % 1000], 1_700_000_000_000 + i)) await producer.ready();
    else if (i % 2000 === 0) await new Promise((resolve) => void setImmediate(resolve));
  }
  await producer.flush();
});

const fetcher = client.fetcher({ isolation: 'read_committed' });
fetcher.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: -2 })));
let sum = 0;
let seen = 0;
let target = 0;
const consume = await measured(async (count) => {
  target += count;
  while (seen < target) {
    for (const batch of await fetcher.poll(1000)) {
      for (let i = 0; i < batch.count; i++) sum += batch.offset(i) + batch.timestamp(i);
      seen += batch.count;
    }
  }
});
console.log(JSON.stringify({ records, produce, consume, rssMb: Math.round(process.memoryUsage().rss / 1e6), sum }));
await client.admin.deleteTopics([topic]);
await client.close();
