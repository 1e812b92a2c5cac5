/**
 * Records that cannot be mapped, as they are put aside: key, value, time and headers as they came, and Kafka Connect's headers that say what
 * was wrong and where it came from (KIP-298). `put` resolves when the broker has acknowledged them; after a rejection they are put again, so
 * a dead letter may be there twice, but never not at all.
 */
import { millraceError, type MillraceError } from '@millrace/base';
import type { FetchedBatch, KafkaClient, RecordProducer } from '@millrace/ports';
import { fitDeadLetter } from '@millrace/protocol';

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
/** Of a cluster that does not tell its settings: Kafka's own. */
const usualBytesMax = 1_048_588;
const messageLengthMax = 2_000;

/** A topic of dead letters that is there. */
interface Target {
  readonly partitions: number;
  /** No larger batch is taken. */
  readonly batchBytesMax: number;
  readonly producer: RecordProducer;
}

export class DeadLetters {
  readonly #client: KafkaClient;
  readonly #connector: string;
  readonly #targets = new Map<string, Target>();
  #last: Promise<unknown> = Promise.resolve();

  /** `connector` names it in the headers. */
  constructor(client: KafkaClient, connector: string) {
    this.#client = client;
    this.#connector = connector;
  }

  /** One call after the other. All letters are for one topic. */
  put(letters: readonly DeadLetter[]): Promise<void> {
    const put = this.#last.then(() => this.#put(letters));
    this.#last = put.catch(() => undefined);
    return put;
  }

  async close(): Promise<void> {
    for (const { producer } of this.#targets.values()) await producer.close();
  }

  async #put(letters: readonly DeadLetter[]): Promise<void> {
    const [first] = letters;
    if (first === undefined) return;
    const isKnown = this.#targets.has(first.topic);
    try {
      await this.#send(first.topic, letters);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The topic may take less than it did.
      if (isKnown) return this.#put(letters);
      throw refused(first, error);
    }
  }

  async #send(topic: string, letters: readonly DeadLetter[]): Promise<void> {
    const target = this.#targets.get(topic) ?? (await this.#open(letters[0] as DeadLetter));
    this.#targets.set(topic, target);
    const { producer } = target;
    try {
      for (const letter of letters) if (!this.#append(target, letter)) await producer.ready();
      await producer.flush();
    } catch (error) {
      // A producer that has failed stays failed.
      this.#targets.delete(topic);
      await producer.close();
      throw error;
    }
  }

  #append({ producer, partitions, batchBytesMax }: Target, { topic, batch, index, error }: DeadLetter): boolean {
    const came = { key: batch.key(index), value: batch.value(index), headers: batch.headers(index) };
    const reason = this.#reason(batch, index, error);
    const letter = fitDeadLetter({ ...came, reason, prefix: '__connect.errors.' }, batchBytesMax);
    const partition = batch.partition % partitions;
    return producer.append(topic, partition, letter.key, letter.value, batch.timestamp(index), letter.headers);
  }

  /** Made with the partitions of its source when it is not there. */
  async #open({ topic, batch }: DeadLetter): Promise<Target> {
    const { admin } = this.#client;
    const views = await this.#client.topics([topic, batch.topic], { maxAgeMs: 0 });
    const existing = views.get(topic)?.partitions.length;
    const partitions = existing ?? views.get(batch.topic)?.partitions.length ?? 1;
    if (existing === undefined)
      await admin.createTopics([{ name: topic, partitions, replicationFactor: -1, configs: topicConfigs }]);
    const batchBytesMax = await this.#batchBytesMax(topic);
    const topicBatchBytes = new Map([[topic, batchBytesMax]]);
    const producer = this.#client.producer({ maxRequestBytes: recordBytesMax, topicBatchBytes });
    await producer.prepare([topic]);
    return { partitions, batchBytesMax, producer };
  }

  /** A connector need not have the right to read settings. */
  async #batchBytesMax(topic: string): Promise<number> {
    try {
      const settings = await this.#client.admin.topicConfigs([topic]);
      return Number(settings.get(topic)?.get('max.message.bytes') ?? usualBytesMax);
    } catch (error) {
      if ((error as MillraceError).severity === 'retriable') throw error;
      return usualBytesMax;
    }
  }

  #reason(batch: FetchedBatch, index: number, error: MillraceError): Readonly<Record<string, string>> {
    return {
      topic: batch.topic,
      partition: String(batch.partition),
      offset: String(batch.offset(index)),
      'connector.name': this.#connector,
      stage: stageOf(error),
      'exception.class.name': error.code,
      'exception.message': error.message.slice(0, messageLengthMax),
    };
  }
}

function isRefusal(error: unknown): boolean {
  const { code } = error as MillraceError;
  return code === 'MR_CLIENT_BATCH_TOO_LARGE' || code === 'MR_CLIENT_RECORD_TOO_LARGE';
}

function refused({ topic, batch, index, error }: DeadLetter, cause: unknown): MillraceError {
  const details = { topic: batch.topic, partition: batch.partition, offset: batch.offset(index) };
  const problem = (cause as MillraceError).message;
  return millraceError(
    'MR_SINK_DEAD_LETTER',
    { ...details, deadLetterTopic: topic, reason: error.message, problem },
    cause,
  );
}

function stageOf({ code, details }: MillraceError): Stage {
  if (code === 'MR_SINK_UNDECODABLE') return details['part'] === 'key' ? 'KEY_CONVERTER' : 'VALUE_CONVERTER';
  return code === 'MR_SINK_UNMAPPABLE' ? 'TRANSFORMATION' : 'TASK_PUT';
}
