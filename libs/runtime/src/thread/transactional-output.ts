/**
 * Exactly once: records and input positions in one transaction a commit (KIP-447), the same transactional id at every start, so that
 * a new incarnation ends what the last one left open.
 *
 * When the answer to a commit is lost, nobody guesses: `init` decides the transaction, then the committed offsets tell how it ended.
 */
import { MillraceError, millraceError, type Clock, type Logger } from '@millrace/base';
import type { GroupMember, KafkaClient, OffsetToCommit, TransactionalProducer } from '@millrace/ports';
import { OutputCollector, type CommitOutcome, type ThreadOutput } from './thread-output.ts';

export interface TransactionalOutputOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly groupId: string;
  /** Topics that are written to; asked for whenever it opens. */
  readonly topics: () => readonly string[];
  /** Of topics that take less in a batch than others, by name. */
  readonly topicBatchBytes?: ReadonlyMap<string, number>;
}

/** That many fencings in this time mean that two processes share the id. */
const duplicate = { times: 5, withinMs: 60_000 };

export class TransactionalOutput implements ThreadOutput {
  readonly collector: OutputCollector;
  readonly #options: TransactionalOutputOptions;
  #producer: TransactionalProducer | undefined;
  /** Offsets of the last commit of each partition. */
  readonly #committed = new Map<string, number>();
  #fencedAtMs: number[] = [];

  constructor(options: TransactionalOutputOptions) {
    this.#options = options;
    this.collector = new OutputCollector(options.clock);
  }

  async open(): Promise<void> {
    if (this.#producer !== undefined) return;
    const { transactionalId, transactionTimeoutMs, groupId, topics, topicBatchBytes = new Map() } = this.#options;
    // The thread commits; until then batches go out when they are full. A long linger keeps Produce requests few.
    const producer = this.#options.client.transactionalProducer({
      ...{ transactionalId, transactionTimeoutMs, groupId, topicBatchBytes },
      lingerMs: 20,
    });
    try {
      await producer.prepare(topics());
      await producer.init();
    } catch (error) {
      await producer.close();
      throw this.#fenced(error);
    }
    this.#producer = producer;
    this.collector.attach(producer);
  }

  async commit(offsets: readonly OffsetToCommit[], group: GroupMember): Promise<CommitOutcome> {
    const producer = this.#opened();
    try {
      await inTransaction(producer, offsets, group);
    } catch (error) {
      if (!isCode(error, 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN')) throw this.#fenced(error);
      if (!(await this.#wasCommitted(producer, offsets, group))) return { type: 'redo', error: error as MillraceError };
    }
    for (const { topic, partition, offset } of offsets) this.#committed.set(`${topic}-${partition}`, offset);
    return { type: 'committed' };
  }

  async discard(): Promise<void> {
    this.#committed.clear();
    const producer = this.#producer;
    if (producer === undefined) return;
    try {
      await producer.abort();
    } catch (error) {
      const { logger, transactionalId } = this.#options;
      const why = error instanceof Error ? error.message : String(error);
      logger.log('info', 'A producer is replaced; its transaction is ended by the next one.', { transactionalId, why });
      await this.close();
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    this.collector.attach(undefined);
    await producer?.close();
  }

  /** The transaction's fate, after its end was asked for and no answer came. */
  async #wasCommitted(
    producer: TransactionalProducer,
    offsets: readonly OffsetToCommit[],
    group: GroupMember,
  ): Promise<boolean> {
    await producer.init();
    const found = await group.committed(offsets, true);
    const isThere = ({ topic, partition, offset }: OffsetToCommit): boolean =>
      found.some((one) => one.topic === topic && one.partition === partition && one.offset === offset);
    // Offsets that did not move tell nothing.
    const moved = offsets.some(
      ({ topic, partition, offset }) => this.#committed.get(`${topic}-${partition}`) !== offset,
    );
    return moved && offsets.every(isThere);
  }

  #opened(): TransactionalProducer {
    if (this.#producer === undefined)
      throw millraceError('MR_INVARIANT', { why: 'an output is open while it commits' });
    return this.#producer;
  }

  /** The error, or another one when being fenced has become a habit. */
  #fenced(error: unknown): unknown {
    if (!isCode(error, 'MR_CLIENT_FENCED')) return error;
    const { clock, transactionalId } = this.#options;
    const now = clock.monotonic();
    this.#fencedAtMs = [...this.#fencedAtMs.filter((at) => now - at < duplicate.withinMs), now];
    if (this.#fencedAtMs.length < duplicate.times) return error;
    return millraceError('MR_RUNTIME_DUPLICATE_PROCESS', { transactionalId, ...duplicate }, error);
  }
}

/** Offsets and records travel together; the end is asked for when both have arrived. Nothing is left behind when one of them fails. */
async function inTransaction(
  producer: TransactionalProducer,
  offsets: readonly OffsetToCommit[],
  group: GroupMember,
): Promise<void> {
  const both = await Promise.allSettled([producer.sendOffsets(offsets, () => group.metadata()), producer.flush()]);
  for (const each of both) if (each.status === 'rejected') throw each.reason;
  await producer.commit();
}

function isCode(error: unknown, code: string): boolean {
  return MillraceError.is(error) && error.code === code;
}
