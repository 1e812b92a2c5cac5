/** What the clients are measured at: the same work, each the way its user would do it. */
import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient, ProducerOptions } from '@millrace/ports';
import { Kafka, logLevel, type EachBatchPayload, type EachMessagePayload, type KafkaMessage } from 'kafkajs';
import { cpuSeconds } from './cpu.ts';
import { sampleRecords, sampleTime } from './sample-records.ts';

export type ClientName = 'millrace' | 'kafkajs';

/** Records of a topic of `partitions` to be produced, or consumed from the beginning: in batches, or each by itself where the client offers that. */
export interface ClientWork {
  readonly kind: 'consume' | 'consumeEach' | 'produce';
  readonly topic: string;
  readonly records: number;
}

type Records = Pick<ClientWork, 'topic' | 'records'>;

export const partitions = 4;
const { keys, values } = sampleRecords(1_000);
const keyOf = (i: number): Buffer => keys[i % keys.length] as Buffer;
const valueOf = (i: number): Buffer => values[i % values.length] as Buffer;

/** Does work and gives its CPU seconds. */
export function contestant(name: ClientName, bootstrap: string): (work: ClientWork) => Promise<number> {
  if (name === 'millrace') {
    const client = ownClient(bootstrap);
    return ({ kind, ...records }) => (kind === 'produce' ? produceOwn(client, records) : consumeOwn(client, records));
  }
  const kafkajs = new Kafka({ brokers: [bootstrap], clientId: 'bench-kafkajs', logLevel: logLevel.NOTHING });
  return ({ kind, ...records }) =>
    kind === 'produce' ? produceKafkajs(kafkajs, records) : consumeKafkajs(kafkajs, records, kind === 'consumeEach');
}

export function ownClient(bootstrapServers: string): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId: 'bench',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
}

export async function produceOwn(
  client: KafkaClient,
  { topic, records }: Records,
  options: ProducerOptions = {},
): Promise<number> {
  const producer = client.producer(options);
  await producer.prepare([topic]);
  const seconds = await cpuSeconds(async () => {
    for (let i = 0; i < records; i++) {
      const room = producer.append(topic, i % partitions, keyOf(i), valueOf(i), sampleTime + i);
      // A user's loop lets the sockets have their turn.
      if (!room) await producer.ready();
      else if (i % 2_000 === 0) await new Promise((resolve) => void setImmediate(resolve));
    }
    await producer.flush();
  });
  await producer.close();
  return seconds;
}

async function produceKafkajs(kafkajs: Kafka, { topic, records }: Records): Promise<number> {
  const producer = kafkajs.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const chunk = 1_000 * partitions;
  const seconds = await cpuSeconds(async () => {
    for (let from = 0; from < records; from += chunk) {
      const messages = Array.from({ length: Math.min(chunk, records - from) }, (_, n) => {
        const i = from + n;
        return { partition: i % partitions, key: keyOf(i), value: valueOf(i), timestamp: String(sampleTime + i) };
      });
      await producer.send({ topic, acks: -1, messages });
    }
  });
  await producer.disconnect();
  return seconds;
}

async function consumeOwn(client: KafkaClient, { topic, records }: Records): Promise<number> {
  const fetcher = client.fetcher({ isolation: 'read_committed' });
  const assigned = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: -2 }));
  let touched = 0;
  const seconds = await cpuSeconds(async () => {
    fetcher.assign(assigned);
    for (let left = records; left > 0;) {
      for (const batch of await fetcher.poll(1_000)) {
        for (let i = 0; i < batch.count; i++) {
          touched += (batch.key(i)?.length ?? 0) + (batch.value(i)?.[0] ?? 0) + batch.offset(i) + batch.timestamp(i);
        }
        left -= batch.count;
      }
    }
  });
  await fetcher.close();
  return whole(seconds, touched);
}

/** Its two ways: `eachBatch` is its fastest, `eachMessage` its first in the manual. Joining the group counts, which is next to nothing. */
async function consumeKafkajs(kafkajs: Kafka, { topic, records }: Records, each: boolean): Promise<number> {
  const consumer = kafkajs.consumer({ groupId: `bench-${systemRandom.uuid()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const { promise: ended, resolve: end } = signal();
  let left = records;
  let touched = 0;
  const touch = ({ key, value, offset, timestamp }: KafkaMessage): void => {
    touched += (key?.length ?? 0) + (value?.[0] ?? 0) + Number(offset) + Number(timestamp);
    if (--left === 0) end();
  };
  const eachMessage = async ({ message }: EachMessagePayload): Promise<void> => touch(message);
  const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => batch.messages.forEach(touch);
  const seconds = await cpuSeconds(async () => {
    await consumer.run({ autoCommit: false, ...(each ? { eachMessage } : { eachBatch }) });
    await ended;
  });
  await consumer.disconnect();
  return whole(seconds, touched);
}

/** Uses what was touched of records, so that no compiler leaves it out. */
function whole(seconds: number, touched: number): number {
  if (!(touched > 0)) throw new Error('nothing was read');
  return seconds;
}

function signal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}
