import { millraceError } from '@millrace/base';
import type { Header, ProducerOptions, RecordProducer } from '@millrace/ports';
import { CompressionTypes, type IHeaders, type Message, type Producer } from 'kafkajs';
import { translated } from './cluster.ts';

interface Pending {
  readonly topic: string;
  readonly partition: number;
  messages: Message[];
}

/**
 * A producer over kafkajs' `send`, one partition a call: with several, kafkajs acknowledges records that it never sent when a leader fails over.
 * Records wait until `flush`, or until a partition has `batchBytes`.
 */
export class KafkajsProducer implements RecordProducer {
  readonly #producer: Producer;
  readonly #options: ProducerOptions;
  readonly #partitionCounts = new Map<string, number>();
  readonly #pending = new Map<string, Pending>();
  readonly #endOffsets = new Map<string, number>();
  readonly #describe: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  #bytes = 0;
  #sending: Promise<void> = Promise.resolve();
  #connected: Promise<void> | undefined;
  #failure: unknown;

  constructor(
    producer: Producer,
    options: ProducerOptions,
    describe: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>,
  ) {
    this.#producer = producer;
    this.#options = options;
    this.#describe = describe;
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly Header[],
  ): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    const size = (key?.length ?? 0) + (value?.length ?? 0) + 64;
    const sizeMax = this.#options.maxRequestBytes ?? 1_048_576;
    if (size > sizeMax)
      throw millraceError('MR_KAFKAJS_FAILED', {
        doing: `producing to ${topic}-${partition}`,
        message: `a record of ${size} bytes is over ${sizeMax}`,
      });
    const at = `${topic}-${partition}`;
    let pending = this.#pending.get(at);
    if (pending === undefined) this.#pending.set(at, (pending = { topic, partition, messages: [] }));
    pending.messages.push({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp: String(timestamp),
      partition,
      ...(headers?.length ? { headers: headersOf(headers) } : {}),
    });
    this.#bytes += size;
    const isFull = this.#bytes >= (this.#options.bufferBytes ?? 33_554_432);
    if (isFull) this.#sendPending();
    return !isFull;
  }

  async ready(): Promise<void> {
    await this.#sending;
  }

  partitionCount(topic: string): number {
    const count = this.#partitionCounts.get(topic);
    if (count === undefined)
      throw millraceError('MR_KAFKAJS_FAILED', {
        doing: `producing to ${topic}`,
        message: 'the topic was not prepared',
      });
    return count;
  }

  async prepare(topics: readonly string[]): Promise<void> {
    this.#connected ??= this.#producer.connect();
    await this.#connected;
    const found = await this.#describe(topics);
    for (const topic of topics) {
      const count = found.get(topic);
      if (count === undefined)
        throw millraceError('MR_KAFKAJS_FAILED', { doing: `preparing ${topic}`, message: 'the topic does not exist' });
      this.#partitionCounts.set(topic, count);
    }
  }

  async flush(): Promise<void> {
    this.#sendPending();
    await this.#sending;
    if (this.#failure !== undefined) throw this.#failure;
  }

  endOffset(topic: string, partition: number): number | undefined {
    return this.#endOffsets.get(`${topic}-${partition}`);
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#producer.disconnect();
  }

  #sendPending(): void {
    const batches = [...this.#pending.values()];
    this.#pending.clear();
    this.#bytes = 0;
    for (const batch of batches) {
      this.#sending = this.#sending.then(() => (this.#failure === undefined ? this.#send(batch) : undefined));
    }
  }

  async #send({ topic, partition, messages }: Pending): Promise<void> {
    try {
      const compression = this.#options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
      const { batchBytes = 262_144, topicBatchBytes } = this.#options;
      const sizeMax = Math.min(batchBytes, topicBatchBytes?.get(topic) ?? batchBytes, 900_000);
      for (const chunk of chunks(messages, sizeMax)) {
        const [answer] = await this.#producer.send({ topic, acks: -1, compression, messages: chunk });
        const base = Number(answer?.baseOffset ?? -1);
        if (base >= 0) this.#endOffsets.set(`${topic}-${partition}`, base + chunk.length);
      }
    } catch (error) {
      this.#failure = translated(error, `producing to ${topic}-${partition}`);
    }
  }
}

/** kafkajs puts all messages of a call into one record batch, which the broker limits. */
function* chunks(messages: readonly Message[], bytesMax: number): Generator<Message[]> {
  let chunk: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = (message.key?.length ?? 0) + (message.value?.length ?? 0) + 64;
    if (bytes + size > bytesMax && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function headersOf(headers: readonly Header[]): IHeaders {
  const names: Record<string, Buffer[]> = {};
  for (const { key, value } of headers) (names[key] ??= []).push(Buffer.from(value ?? new Uint8Array()));
  return names;
}
