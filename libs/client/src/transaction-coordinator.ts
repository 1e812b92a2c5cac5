/**
 * The requests of one transactional id to its coordinator, each repeated until it has an answer that counts. What may be repeated
 * without an answer is the point: with transactions v2 (KIP-890) every transaction has its own epoch, so a repeated request cannot
 * meet the next transaction. With v1 it can; there a lost answer ends in MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN.
 */
import { millraceError, type MillraceError } from '@millrace/base';
import type { TopicPartition } from '@millrace/ports';
import { apis, errorCodes, errorName, type Api } from '@millrace/protocol';
import { answeredBackoff, backoffMs, isRetriable, mayHaveArrived, retryBackoff } from './backoff.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import type { Body, RequestOptions } from './broker-connection.ts';
import { brokerError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import type { Coordinator } from './coordinator.ts';
import { byTopic } from './topic-partitions.ts';
import { verdictOf, type TransactionalApi, type Verdict } from './transaction-verdict.ts';

/** An answer that counts. */
export interface Judged<T> {
  readonly verdict: Exclude<Verdict, 'again' | 'moved'>;
  readonly answer: T;
  readonly code: number;
  readonly node: number;
}

/** A transaction as its coordinator describes it. */
export interface DescribedTransaction extends ProducerIdentity {
  /** Kafka's `TransactionState`: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort and others. */
  readonly transactionState: string;
}

/** How a request is made. */
export interface Ask<Req, Res> {
  readonly coordinator: Coordinator;
  readonly api: Api<Req, Res>;
  readonly body: Body<Req>;
  readonly options?: RequestOptions;
  readonly codeOf: (answer: Res) => number;
  /** May be repeated when the answer was lost. */
  readonly isRepeatable: boolean;
  /** False: nobody waits for the answer any more. */
  readonly isWanted: () => boolean;
  /** Called before each repetition. */
  readonly repeating?: (() => Promise<void>) | undefined;
}

export class TransactionCoordinator {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #coordinator: Coordinator;
  readonly #timeoutMs: number;

  constructor(cluster: Cluster, transactionalId: string, timeoutMs: number, lane: string) {
    this.#cluster = cluster;
    this.transactionalId = transactionalId;
    this.#timeoutMs = timeoutMs;
    this.#coordinator = cluster.coordinator('transaction', transactionalId, lane);
  }

  /**
   * Takes the id over, or with `own` its next epoch: the coordinator aborts what is open. Repeatable: a lost answer costs an epoch.
   */
  async initProducerId(
    own: ProducerIdentity | undefined,
    isWanted: () => boolean,
    repeating?: () => Promise<void>,
  ): Promise<Judged<ProducerIdentity>> {
    const { producerId, producerEpoch } = own ?? { producerId: -1, producerEpoch: -1 };
    return this.ask({
      coordinator: this.#coordinator,
      api: apis.InitProducerId,
      body: { ...this.#id, transactionTimeoutMs: this.#timeoutMs, producerId, producerEpoch },
      options: { minVersion: 3 },
      codeOf: ({ errorCode }) => errorCode,
      isRepeatable: true,
      isWanted,
      repeating,
    });
  }

  /** Ends the transaction; with v2 the answer holds the epoch of the next one. */
  endTxn(
    identity: ProducerIdentity,
    committed: boolean,
    version: 1 | 2,
    isWanted: () => boolean,
  ): Promise<Judged<ProducerIdentity>> {
    return this.ask({
      coordinator: this.#coordinator,
      api: apis.EndTxn,
      body: { ...this.#id, ...identity, committed },
      options: version === 2 ? { minVersion: 5 } : { maxVersion: 4 },
      codeOf: ({ errorCode }) => errorCode,
      isRepeatable: version === 2,
      isWanted,
    });
  }

  /** The last transaction as the coordinator knows it; undefined when it knows none. */
  async describe(isWanted: () => boolean): Promise<DescribedTransaction | undefined> {
    const judged = await this.ask({
      coordinator: this.#coordinator,
      api: apis.DescribeTransactions,
      body: { transactionalIds: [this.transactionalId] },
      codeOf: ({ transactionStates }) => transactionStates[0]?.errorCode ?? errorCodes.TRANSACTIONAL_ID_NOT_FOUND,
      isRepeatable: true,
      isWanted,
    });
    if (judged.code === errorCodes.TRANSACTIONAL_ID_NOT_FOUND) return undefined;
    if (judged.verdict !== 'done') throw this.error('DescribeTransactions', judged);
    return judged.answer.transactionStates[0];
  }

  /** Transactions v1: partitions join the transaction before they are written to. Version 4 and later are for brokers (P4). */
  addPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    isWanted: () => boolean,
  ): Promise<Judged<unknown>> {
    const topics = byTopic(partitions).map(([name, own]) => ({
      name,
      partitions: own.map(({ partition }) => partition),
    }));
    return this.ask({
      coordinator: this.#coordinator,
      api: apis.AddPartitionsToTxn,
      body: {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: topics,
      },
      options: { maxVersion: 3 },
      codeOf: ({ resultsByTopicV3AndBelow }) => telling(resultsByTopicV3AndBelow.flatMap(partitionCodes)),
      isRepeatable: false,
      isWanted,
    });
  }

  /** Transactions v1: the group's offsets join the transaction. */
  addOffsets(identity: ProducerIdentity, groupId: string, isWanted: () => boolean): Promise<Judged<unknown>> {
    return this.ask({
      coordinator: this.#coordinator,
      api: apis.AddOffsetsToTxn,
      body: { ...this.#id, ...identity, groupId },
      codeOf: ({ errorCode }) => errorCode,
      isRepeatable: false,
      isWanted,
    });
  }

  /** Asks until the answer counts. Rejects when nobody waits any more, or when a lost answer may not be asked for again. */
  async ask<Req, Res>({
    coordinator,
    api,
    body,
    options,
    codeOf,
    isRepeatable,
    isWanted,
    repeating,
  }: Ask<Req, Res>): Promise<Judged<Res>> {
    for (let attempt = 0; ; attempt++) {
      const name = api.name as TransactionalApi;
      let range = retryBackoff;
      try {
        const { answer, node } = await coordinator.call(api, body, options);
        const code = codeOf(answer);
        const verdict = verdictOf(name, code);
        if (verdict !== 'again' && verdict !== 'moved') return { verdict, answer, code, node };
        if (verdict === 'moved') coordinator.forget();
        range = answeredBackoff;
        this.#log(name, errorName(code), attempt);
      } catch (error) {
        if (!isRetriable(error)) throw error;
        if (!isRepeatable && mayHaveArrived(error)) throw this.outcomeUnknown(name, error);
        this.#log(name, String(error), attempt);
      }
      const { ports, lifetime } = this.#cluster;
      await lifetime.sleep(backoffMs(range, attempt, ports.random));
      if (isWanted()) await repeating?.();
      if (!isWanted() || lifetime.ended) throw this.abortable(`it was given up while ${name} was repeated`);
    }
  }

  /** The error of an answer that is not `done`. */
  error(
    api: TransactionalApi,
    { code, node, verdict }: Pick<Judged<unknown>, 'code' | 'node' | 'verdict'>,
  ): MillraceError {
    if (verdict === 'abortable' || verdict === 'stale')
      return this.abortable(`${api} was answered with ${errorName(code)}`);
    const position = { api, node, about: `transactional id ${this.transactionalId}` };
    if (verdict === 'fenced') return millraceError('MR_CLIENT_FENCED', { ...position, error: errorName(code) });
    return brokerError(code, position);
  }

  abortable(reason: string): MillraceError {
    return millraceError('MR_CLIENT_TRANSACTION_ABORTABLE', { transactionalId: this.transactionalId, reason });
  }

  outcomeUnknown(api: string, cause: unknown): MillraceError {
    const { transactionalId } = this;
    return millraceError('MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN', { transactionalId, api }, cause);
  }

  get #id(): { readonly transactionalId: string } {
    return { transactionalId: this.transactionalId };
  }

  /** Tells of requests that are repeated often: the 5th time, the 10th, the 20th and so on. */
  #log(api: string, why: string, attempt: number): void {
    if (attempt < 5 || (attempt !== 5 && attempt % 10 !== 0)) return;
    const fields = { transactionalId: this.transactionalId, api, why, attempt };
    this.#cluster.ports.logger.log('warn', 'A transactional request is repeated.', fields);
  }
}

/** The first code of several that tells most: one that is final before one that may pass. */
export function telling(codes: readonly number[]): number {
  const failed = codes.filter((code) => code !== errorCodes.NONE && code !== errorCodes.OPERATION_NOT_ATTEMPTED);
  return failed.find((code) => verdictOf('TxnOffsetCommit', code) !== 'again') ?? failed[0] ?? 0;
}

function partitionCodes(topic: {
  readonly resultsByPartition: readonly { readonly partitionErrorCode: number }[];
}): number[] {
  return topic.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode);
}
