/**
 * Records that cannot be mapped, as they are put aside: key, value, time and headers as they came, and Kafka Connect's headers that say what
 * was wrong and where it came from (KIP-298). `put` resolves when the broker has acknowledged them; after a rejection they are put again, so
 * a dead letter may be there twice, but never not at all.
 */
import type { MillraceError } from '@millrace/base';
import type { FetchedBatch, Header, KafkaClient, RecordProducer } from '@millrace/ports';

/** What the connector was doing, in Kafka Connect's words. */
export type Stage = 'KEY_CONVERTER' | 'VALUE_CONVERTER' | 'TRANSFORMATION' | 'TASK_PUT';

export interface DeadLetter {
  readonly topic: string;
  readonly batch: FetchedBatch;
  readonly index: number;
  readonly error: MillraceError;
}

/** A record as large as its topic allows grows by the headers that are added. */
const recordBytesMax = 64 * 1024 * 1024;
/** Without a limit on time: nobody may have looked at them yet. */
const topicConfigs = { 'retention.ms': '-1', 'max.message.bytes': String(recordBytesMax) };
const messageLengthMax = 2_000;

export class DeadLetters {
  readonly #client: KafkaClient;
  readonly #connector: string;
  readonly #widths = new Map<string, number>();
  #producer: RecordProducer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `connector` names it in the headers. */
  constructor(client: KafkaClient, connector: string) {
    this.#client = client;
    this.#connector = connector;
  }

  /** One call after the other. */
  put(letters: readonly DeadLetter[]): Promise<void> {
    const put = this.#last.then(() => this.#put(letters));
    this.#last = put.catch(() => undefined);
    return put;
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }

  async #put(letters: readonly DeadLetter[]): Promise<void> {
    for (const letter of letters) await this.#ensureTopic(letter);
    const producer = (this.#producer ??= this.#client.producer({ maxRequestBytes: recordBytesMax }));
    try {
      await producer.prepare([...new Set(letters.map(({ topic }) => topic))]);
      for (const letter of letters) if (!this.#append(producer, letter)) await producer.ready();
      await producer.flush();
    } catch (error) {
      // A producer that has failed stays failed.
      this.#producer = undefined;
      await producer.close();
      throw error;
    }
  }

  #append(producer: RecordProducer, { topic, batch, index, error }: DeadLetter): boolean {
    const headers = [...batch.headers(index), ...this.#reason(batch, index, error)];
    const partition = batch.partition % (this.#widths.get(topic) ?? 1);
    return producer.append(topic, partition, batch.key(index), batch.value(index), batch.timestamp(index), headers);
  }

  /** Made with the partitions of its source when it is not there. */
  async #ensureTopic({ topic, batch }: DeadLetter): Promise<void> {
    if (this.#widths.has(topic)) return;
    const views = await this.#client.topics([topic, batch.topic], { maxAgeMs: 0 });
    const existing = views.get(topic)?.partitions.length;
    const partitions = existing ?? views.get(batch.topic)?.partitions.length ?? 1;
    if (existing === undefined)
      await this.#client.admin.createTopics([
        { name: topic, partitions, replicationFactor: -1, configs: topicConfigs },
      ]);
    this.#widths.set(topic, partitions);
  }

  #reason(batch: FetchedBatch, index: number, error: MillraceError): readonly Header[] {
    const fields = {
      topic: batch.topic,
      partition: String(batch.partition),
      offset: String(batch.offset(index)),
      'connector.name': this.#connector,
      stage: stageOf(error),
      'exception.class.name': error.code,
      'exception.message': error.message.slice(0, messageLengthMax),
    };
    return Object.entries(fields).map(([name, text]) => ({
      key: `__connect.errors.${name}`,
      value: Buffer.from(text),
    }));
  }
}

function stageOf({ code, details }: MillraceError): Stage {
  if (code === 'MR_SINK_UNDECODABLE') return details['part'] === 'key' ? 'KEY_CONVERTER' : 'VALUE_CONVERTER';
  return code === 'MR_SINK_UNMAPPABLE' ? 'TRANSFORMATION' : 'TASK_PUT';
}
