/**
 * The idempotent producer (KIP-98): what is acknowledged is in the log once, in order per partition. A failure is final: whatever can
 * be mended by trying again has been tried. The owner then makes a new producer and redoes its work.
 */
import type { MillraceError } from '@millrace/base';
import type { Header, ProducerOptions, RecordProducer } from '@millrace/ports';
import { apis } from '@millrace/protocol';
import { BatchSender, senderSettings } from './batch-sender.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import { throwOnError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';

const defaultDeliveryTimeoutMs = 120_000;
/** Later versions have topic ids instead of names, or belong to transactions v2. */
const plainProduce = { minVersion: 3, maxVersion: 12 };

export class KafkaProducer implements RecordProducer {
  readonly #cluster: Cluster;
  readonly #sender: BatchSender;
  #identity: ProducerIdentity | undefined;
  #asking = false;

  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster;
    this.#sender = new BatchSender(cluster, senderSettings(options, defaultDeliveryTimeoutMs), {
      transactionalId: null,
      identity: () => this.#identity ?? this.#askIdentity(),
      produceVersions: () => plainProduce,
      admits: () => true,
      judge: (_code, error) => Promise.resolve(error),
    });
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly Header[],
  ): boolean {
    return this.#sender.append(topic, partition, key, value, timestamp, headers);
  }

  ready(): Promise<void> {
    return this.#sender.ready();
  }

  partitionCount(topic: string): number {
    return this.#sender.partitionCount(topic);
  }

  prepare(topics: readonly string[]): Promise<void> {
    return this.#sender.prepare(topics);
  }

  flush(): Promise<void> {
    return this.#sender.flush();
  }

  endOffset(topic: string, partition: number): number | undefined {
    return this.#sender.endOffset(topic, partition);
  }

  /** Closes at once: flush first what is to be kept. */
  async close(): Promise<void> {
    this.#sender.close();
  }

  #askIdentity(): undefined {
    if (this.#asking) return;
    this.#asking = true;
    void this.#cluster
      .retrying(() => this.#initialise())
      .then(
        () => this.#sender.pump(),
        (error: MillraceError) => this.#sender.fail(error),
      )
      .finally(() => (this.#asking = false));
  }

  async #initialise(): Promise<void> {
    const body = { transactionalId: null, transactionTimeoutMs: 0 };
    const { answer, node } = await this.#cluster.callAny(apis.InitProducerId, body);
    const { errorCode, producerId, producerEpoch } = answer;
    throwOnError(errorCode, { api: 'InitProducerId', node, about: 'an idempotent producer' });
    this.#identity = { producerId, producerEpoch };
  }
}
