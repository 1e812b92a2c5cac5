/** One Produce to one broker: a batch each of some partitions. */
import { apis } from '@millrace/protocol';
import type { ProducerIdentity } from './producer-identity.ts';
import type { RequestOptions } from './broker-connection.ts';
import type { Cluster } from './cluster.ts';
import type { OutgoingBatch, PartitionQueue } from './partition-queue.ts';
import { byTopic, partitionKey } from './topic-partitions.ts';

/** A batch and where it belongs. */
export interface Shipment {
  readonly queue: PartitionQueue;
  readonly batch: OutgoingBatch;
}

export interface ProduceRequest {
  readonly node: number;
  readonly lane: string;
  readonly shipments: readonly Shipment[];
  readonly identity: ProducerIdentity;
  readonly transactionalId: string | null;
}

/** What the broker said about one batch. */
export interface ProduceAnswer {
  readonly shipment: Shipment;
  readonly code: number;
  readonly baseOffset: number;
}

/** Records are acknowledged by all in-sync replicas. */
const allReplicas = -1;
/** A batch that the broker left out of its answer is tried again. */
const unansweredCode = 7;

/** Sends the batches; resolves with an answer for each of them. */
export async function sendProduce(
  cluster: Cluster,
  { node, lane, shipments, identity, transactionalId }: ProduceRequest,
  options: RequestOptions,
): Promise<ProduceAnswer[]> {
  const asked = new Map<string, Shipment>();
  const located = shipments.map((shipment) => {
    const { topic, partition } = shipment.queue;
    asked.set(partitionKey(topic, partition), shipment);
    return { topic, partition, records: bytesOf(shipment.batch, identity, transactionalId !== null) };
  });
  const topicData = byTopic(located).map(([name, partitions]) => ({
    name,
    partitionData: partitions.map(({ partition, records }) => ({ index: partition, records })),
  }));
  const timeoutMs = cluster.settings.requestTimeoutMs;
  const body = { transactionalId, acks: allReplicas, timeoutMs, topicData };
  const { responses } = await cluster.call(node, lane, apis.Produce, body, options);
  const answers: ProduceAnswer[] = [];
  for (const { name, partitionResponses } of responses) {
    for (const { index, errorCode, baseOffset } of partitionResponses) {
      const key = partitionKey(name, index);
      const shipment = asked.get(key);
      if (shipment === undefined) continue;
      asked.delete(key);
      answers.push({ shipment, code: errorCode, baseOffset });
    }
  }
  for (const shipment of asked.values()) answers.push({ shipment, code: unansweredCode, baseOffset: -1 });
  return answers;
}

function bytesOf(batch: OutgoingBatch, identity: ProducerIdentity, isTransactional: boolean): Buffer {
  batch.bytes ??= batch.builder.build({ ...identity, baseSequence: batch.sequence, isTransactional });
  return batch.bytes;
}
