/** At least once: records are flushed, then input positions committed. A crash in between repeats records, never loses one. */
import { invariant, type Clock } from '@millrace/base';
import type { GroupMember, KafkaClient, OffsetToCommit, RecordProducer } from '@millrace/ports';
import { OutputCollector, type CommitOutcome, type ThreadOutput } from './thread-output.ts';

export interface IdempotentOutputOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  /** Topics that are written to; asked for whenever it opens. */
  readonly topics: () => readonly string[];
  /** Of topics that take less in a batch than others, by name. */
  readonly topicBatchBytes?: ReadonlyMap<string, number>;
}

/** How long a broker may take for what is sent while everything is dropped. */
const sendMs = 1_000;

export class IdempotentOutput implements ThreadOutput {
  readonly collector: OutputCollector;
  readonly #options: IdempotentOutputOptions;
  #producer: RecordProducer | undefined;

  constructor(options: IdempotentOutputOptions) {
    this.#options = options;
    this.collector = new OutputCollector(options.clock);
  }

  async open(): Promise<void> {
    if (this.#producer !== undefined) return;
    const { client, topicBatchBytes = new Map() } = this.#options;
    const producer = client.producer({ lingerMs: 20, topicBatchBytes });
    try {
      await producer.prepare(this.#options.topics());
    } catch (error) {
      await producer.close();
      throw error;
    }
    this.#producer = producer;
    this.collector.attach(producer);
  }

  async commit(offsets: readonly OffsetToCommit[], group: GroupMember): Promise<CommitOutcome> {
    invariant(this.#producer, 'an output is open while it commits');
    await this.#producer.flush();
    await group.commit(offsets);
    return { type: 'committed' };
  }

  /** Nothing is taken back: what was appended is sent, dead letters of a failure among it, where that does not take long. */
  async discard(): Promise<void> {
    const sent = this.#producer?.flush().catch(() => undefined);
    if (sent !== undefined) await this.#inTime(sent);
    await this.close();
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const patience = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(sendMs, patience.signal)]);
    patience.abort();
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    this.collector.attach(undefined);
    await producer?.close();
  }
}
