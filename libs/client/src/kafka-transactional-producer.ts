/**
 * The transactional producer (KIP-98, KIP-447, KIP-890). See the port for the order of calls.
 *
 *   new ─init─▶ ready ─append, sendOffsets─▶ open ─commit, abort─▶ ending ─▶ ready …
 *                 ▲                            │ failure
 *                 └──────abort, init────── doomed            fenced: the end
 *
 * Every transaction has a token. What is still on its way when the token changes must not touch the next transaction: each step
 * checks the token after it has waited, and `commit` and `abort` wait for everything they started.
 */
import { millraceError, type MillraceError } from '@millrace/base';
import type {
  GroupMetadata,
  Header,
  OffsetToCommit,
  TopicPartition,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '@millrace/ports';
import { errorName } from '@millrace/protocol';
import { BatchSender, senderSettings } from './batch-sender.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import type { Cluster } from './cluster.ts';
import { partitionKey } from './topic-partitions.ts';
import { TransactionCoordinator, type Judged } from './transaction-coordinator.ts';
import { TransactionMarkers, type EndedTransaction, type FormerTransaction } from './transaction-markers.ts';
import { TransactionOffsets } from './transaction-offsets.ts';
import { verdictOf } from './transaction-verdict.ts';

const defaultTransactionTimeoutMs = 10_000;
/** No count of lost connections: what a former life wrote is looked at in any case. */
const neverSeen = -1;

type State = 'new' | 'ready' | 'open' | 'ending' | 'doomed' | 'fenced' | 'closed';

export class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #sender: BatchSender;
  readonly #coordinator: TransactionCoordinator;
  readonly #offsets: TransactionOffsets;
  readonly #markers: TransactionMarkers;
  readonly #timeoutMs: number;
  readonly #groupId: string | undefined;
  #state: State = 'new';
  #version: 1 | 2 = 1;
  #identity: ProducerIdentity | undefined;
  #token = 0;
  /** What doomed the transaction, or fenced the producer. */
  #failure: MillraceError | undefined;
  /** The coordinator may know of this transaction. */
  #isKnown = false;
  /** The epoch or the next sequence is not certain: only InitProducerId brings the next transaction. */
  #needsInit = false;
  #reinitialising: Promise<MillraceError> | undefined;
  /** Partitions and groups of the transaction, and partitions that are to join it (transactions v1). */
  readonly #joined = new Map<string, TopicPartition>();
  readonly #groups = new Set<string>();
  readonly #joining = new Map<string, TopicPartition>();
  #joins: Promise<void> | undefined;
  readonly #pending = new Set<Promise<void>>();
  /** Who wrote the transaction, how it ended and how many connections had been lost when it began. */
  #writer: ProducerIdentity | undefined;
  #outcome: 'committed' | 'aborted' | 'unknown' = 'aborted';
  #lossesAtBegin = 0;
  /** The transaction before this one, until it is known to have ended everywhere. */
  #ended: (EndedTransaction & { readonly losses: number }) | undefined;
  #checking: Promise<void> | undefined;
  readonly #stopWatching: () => void;

  constructor(cluster: Cluster, options: TransactionalProducerOptions) {
    const { transactionalId } = options;
    this.#cluster = cluster;
    this.#timeoutMs = options.transactionTimeoutMs ?? defaultTransactionTimeoutMs;
    this.#groupId = options.groupId;
    this.#sender = new BatchSender(cluster, senderSettings(options, Infinity), {
      transactionalId,
      identity: () => this.#identity,
      produceVersions: () =>
        this.#version === 2 ? { minVersion: 12, maxVersion: 12 } : { minVersion: 3, maxVersion: 11 },
      admits: (topic, partition) => this.#admits(topic, partition),
      judge: (code, error) => this.#judge(code, error),
    });
    const lane = `${this.#sender.lane}-coordinator`;
    this.#coordinator = new TransactionCoordinator(cluster, transactionalId, this.#timeoutMs, lane);
    this.#offsets = new TransactionOffsets(cluster, this.#coordinator, lane);
    this.#markers = new TransactionMarkers(cluster, this.#coordinator, lane);
    this.#stopWatching = cluster.onLoss(() => void this.#check());
  }

  async init(): Promise<void> {
    if (this.#state === 'fenced' || this.#state === 'closed') throw this.#over('init');
    if (this.#state === 'ready' || this.#state === 'open' || this.#state === 'ending') throw this.#misused('init');
    this.#token += 1;
    await this.#settled();
    this.#version = this.#cluster.transactionVersion;
    const token = this.#token;
    let former: FormerTransaction | undefined;
    // One that was open is ended by taking the id over, and how that goes is known while the coordinator still asks to wait.
    const look = async (): Promise<void> => {
      former ??= await this.#markers.former(() => token === this.#token);
    };
    await this.#initialise(this.#version === 2 ? look : undefined);
    if (former !== undefined) {
      this.#isKnown = false;
      this.#ended = { ...this.#whereItWrote(former), losses: neverSeen };
    }
    this.#becomeReady();
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly Header[],
  ): boolean {
    if (this.#state !== 'open') this.#begin('append');
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

  async sendOffsets(offsets: readonly OffsetToCommit[], group: GroupMetadata | (() => GroupMetadata)): Promise<void> {
    if (this.#state !== 'open') this.#begin('sendOffsets');
    if (offsets.length === 0) return;
    const sending = this.#sendOffsets(offsets, typeof group === 'function' ? group : () => group);
    this.#pending.add(sending);
    try {
      await sending;
    } finally {
      this.#pending.delete(sending);
    }
  }

  async commit(): Promise<boolean> {
    if (this.#state === 'ready') return false;
    if (this.#state !== 'open') throw this.#state === 'doomed' ? this.#failure : this.#over('commit');
    const token = this.#token;
    this.#state = 'ending';
    await this.#sender.flush().catch((error: MillraceError) => this.#doom(error));
    await Promise.allSettled(this.#pending);
    if (this.#failure !== undefined) throw this.#failure;
    if (token !== this.#token) throw this.#coordinator.abortable('it was aborted');
    const isEmpty = !this.#isKnown;
    if (!isEmpty) await this.#end(true, token);
    this.#becomeReady();
    return !isEmpty;
  }

  async abort(): Promise<void> {
    if (this.#state === 'new' || this.#state === 'ready') return;
    if (this.#state === 'fenced' || this.#state === 'closed') throw this.#over('abort');
    this.#token += 1;
    const token = this.#token;
    this.#state = 'ending';
    await this.#settled();
    const wasReinitialised = this.#reinitialising !== undefined && !this.#needsInit;
    if (this.#has('fenced')) throw this.#over('abort');
    if (this.#isKnown && !wasReinitialised) {
      if (this.#needsInit) await this.#initialise();
      else await this.#end(false, token);
    } else if (this.#needsInit) await this.#initialise();
    this.#becomeReady();
  }

  async close(): Promise<void> {
    this.#token += 1;
    this.#state = 'closed';
    this.#stopWatching();
    this.#sender.close();
    this.#cluster.closeLane(`${this.#sender.lane}-coordinator`);
  }

  #begin(doing: string): void {
    if (this.#state === 'doomed' || this.#state === 'fenced') throw this.#failure;
    if (this.#state !== 'ready') throw this.#state === 'closed' ? this.#over(doing) : this.#misused(doing);
    this.#state = 'open';
    this.#writer = this.#identity;
    this.#lossesAtBegin = this.#cluster.losses;
  }

  #becomeReady(): void {
    if (this.#has('closed')) throw this.#over('The transaction');
    this.#token += 1;
    if (this.#isKnown) this.#remember();
    this.#isKnown = false;
    this.#needsInit = false;
    this.#failure = undefined;
    this.#reinitialising = undefined;
    this.#joined.clear();
    this.#joining.clear();
    this.#groups.clear();
    this.#outcome = 'aborted';
    this.#offsets.reset();
    this.#state = 'ready';
    void this.#check();
  }

  /** With v1 a later transaction has the same epoch: there is no telling them apart on a partition. */
  #remember(): void {
    const isClear = this.#version === 2 && this.#writer !== undefined && this.#outcome !== 'unknown';
    this.#ended = !isClear
      ? undefined
      : {
          ...(this.#writer as ProducerIdentity),
          committed: this.#outcome === 'committed',
          partitions: [...this.#joined.values()],
          groups: [...this.#groups],
          losses: this.#lossesAtBegin,
        };
  }

  /** A connection was lost since the transaction before this one began: it may not have ended everywhere. */
  get #mustCheck(): boolean {
    return this.#ended !== undefined && this.#ended.losses !== this.#cluster.losses;
  }

  /**
   * Resolves when the transaction before this one has ended everywhere. Begins with the loss, not with the next transaction: who reads
   * what this one wrote waits for its end, and may be what the next one waits for.
   */
  #check(): Promise<void> {
    const ended = this.#ended;
    if (ended === undefined || !this.#mustCheck) return Promise.resolve();
    this.#checking ??= this.#markers
      .ensure(ended, () => this.#ended === ended && !this.#has('closed') && !this.#has('fenced'))
      .then(() => {
        if (this.#ended === ended) this.#ended = undefined;
        this.#checking = undefined;
        void this.#check();
        this.#sender.pump();
      });
    return this.#checking;
  }

  /** Waits for all that the transaction has started; what is not sent is dropped. */
  async #settled(): Promise<void> {
    const [discarded] = await Promise.allSettled([
      this.#sender.discard(),
      ...this.#pending,
      this.#joins,
      this.#reinitialising,
    ]);
    // With v2 each epoch starts at 0; with v1 a sequence that may be in the log or not ends the epoch.
    if (this.#version === 1 && discarded.status === 'fulfilled' && discarded.value) this.#needsInit = true;
  }

  /** A new identity from the coordinator; whatever was open is aborted by it. */
  async #initialise(repeating?: () => Promise<void>): Promise<void> {
    const token = this.#token;
    await this.#abortBefore(token);
    await this.#ensureFormer(token);
    const judged = await this.#coordinator.initProducerId(this.#identity, () => token === this.#token, repeating);
    this.#mustBeDone('InitProducerId', judged);
    this.#adopt(judged.answer);
    this.#needsInit = false;
  }

  /** What has ended has ended everywhere before the next epoch is asked for: afterwards nobody can tell any more how it ended. */
  async #ensureFormer(token: number): Promise<void> {
    if (this.#version !== 2) return;
    const isWanted = (): boolean => token === this.#token && !this.#has('closed');
    const former = await this.#markers.former(isWanted);
    if (former !== undefined) await this.#markers.ensure(this.#whereItWrote(former), isWanted);
  }

  #whereItWrote(former: FormerTransaction): EndedTransaction {
    const groups = this.#groupId === undefined ? [] : [this.#groupId];
    return { ...former, partitions: this.#sender.partitions(), groups };
  }

  /**
   * With v1, InitProducerId aborts an open transaction under an epoch that it gives to nobody: asked again, it would call us fenced. So the transaction
   * is ended first, as Java's producer does it. Nothing new begins before the next epoch, so this EndTxn cannot meet another transaction; what became of
   * it does not matter.
   */
  async #abortBefore(token: number): Promise<void> {
    if (this.#version !== 1 || !this.#isKnown || this.#identity === undefined) return;
    await this.#coordinator
      .endTxn(this.#identity, false, 1, () => token === this.#token)
      .catch((error: MillraceError) => {
        if (!isOutcomeUnknown(error)) throw error;
      });
  }

  async #end(committed: boolean, token: number): Promise<void> {
    const isWanted = (): boolean => token === this.#token;
    if (committed) this.#outcome = 'unknown';
    let judged: Judged<ProducerIdentity>;
    try {
      judged = await this.#coordinator.endTxn(this.#requireIdentity(), committed, this.#version, isWanted);
    } catch (error) {
      // An abort whose answer is lost is made certain by a new epoch.
      if (!committed && isOutcomeUnknown(error)) return this.#initialise();
      throw this.#doom(error as MillraceError);
    }
    if (judged.verdict === 'done') this.#outcome = committed ? 'committed' : 'aborted';
    else if (committed) this.#outcome = 'aborted';
    if (judged.verdict === 'stale') {
      const verdict = await this.#reinitialise(`EndTxn was answered with ${errorName(judged.code)}`);
      if (committed || this.#has('fenced')) throw this.#doom(verdict);
      return;
    }
    this.#mustBeDone('EndTxn', judged);
    if (this.#version === 2) this.#adopt(judged.answer);
  }

  #mustBeDone(api: 'InitProducerId' | 'EndTxn', judged: Judged<unknown>): void {
    if (judged.verdict !== 'done') throw this.#doom(this.#coordinator.error(api, judged));
  }

  /** A new epoch has its own sequences. */
  #adopt({ producerId, producerEpoch }: ProducerIdentity): void {
    this.#sender.restartSequences(producerId !== this.#identity?.producerId);
    this.#identity = { producerId, producerEpoch };
  }

  async #sendOffsets(offsets: readonly OffsetToCommit[], group: () => GroupMetadata): Promise<void> {
    const token = this.#token;
    const isWanted = (): boolean => token === this.#token;
    await this.#check();
    if (!isWanted()) throw this.#coordinator.abortable('it was aborted before its offsets were sent');
    this.#isKnown = true;
    const deadlineMs = this.#cluster.ports.clock.monotonic() + this.#timeoutMs;
    this.#groups.add(group().groupId);
    const request = { identity: this.#requireIdentity(), version: this.#version, offsets, group, isWanted, deadlineMs };
    let failure: MillraceError;
    try {
      const refused = await this.#offsets.send(request);
      if (refused === undefined) {
        if (isWanted()) return;
        failure = this.#coordinator.abortable('it was aborted while its offsets were sent');
      } else if (refused.verdict === 'stale') {
        failure = await this.#reinitialise(`TxnOffsetCommit was answered with ${errorName(refused.code)}`);
      } else failure = refused.error;
    } catch (error) {
      failure = error as MillraceError;
    }
    throw isWanted() ? this.#doom(failure) : failure;
  }

  /** What a refused batch means for the transaction. */
  async #judge(code: number, error: MillraceError): Promise<MillraceError> {
    const token = this.#token;
    const verdict = code === 0 ? 'refused' : verdictOf('Produce', code);
    const reason = `Produce was answered with ${errorName(code)}`;
    let judged = error;
    if (verdict === 'stale') judged = await this.#reinitialise(reason);
    else if (verdict === 'abortable') judged = this.#coordinator.abortable(reason);
    return token === this.#token ? this.#doom(judged) : judged;
  }

  /**
   * Our epoch is stale. Asking once for the next epoch of our own id tells why: granted, the transaction had timed out and was
   * aborted; refused, another incarnation has the id. Once a transaction.
   */
  #reinitialise(reason: string): Promise<MillraceError> {
    this.#reinitialising ??= this.#askNextEpoch(reason);
    return this.#reinitialising;
  }

  async #askNextEpoch(reason: string): Promise<MillraceError> {
    this.#needsInit = true;
    const token = this.#token;
    try {
      await this.#ensureFormer(token);
      const judged = await this.#coordinator.initProducerId(this.#identity, () => !this.#has('closed'));
      if (judged.verdict !== 'done') return this.#doom(this.#coordinator.error('InitProducerId', judged));
      this.#adopt(judged.answer);
      this.#needsInit = false;
      return this.#coordinator.abortable(`${reason}; the coordinator had aborted it (transaction.timeout.ms)`);
    } catch (error) {
      return token === this.#token ? (error as MillraceError) : this.#coordinator.abortable(reason);
    }
  }

  /** Remembers the first failure; the producer is lost when it is fenced. */
  #doom(error: MillraceError): MillraceError {
    this.#failure ??= error;
    if (this.#state === 'closed' || this.#state === 'fenced') return error;
    if (error.code === 'MR_CLIENT_FENCED') {
      this.#failure = error;
      this.#state = 'fenced';
    } else this.#state = 'doomed';
    if (isOutcomeUnknown(error)) this.#needsInit = true;
    return error;
  }

  /** With v2 the first Produce adds its partition to the transaction; with v1 partitions are added before. */
  #admits(topic: string, partition: number): boolean {
    if (this.#mustCheck) {
      void this.#check();
      return false;
    }
    const key = partitionKey(topic, partition);
    if (this.#joined.has(key)) return true;
    if (this.#version === 2) {
      this.#isKnown = true;
      this.#joined.set(key, { topic, partition });
      return true;
    }
    this.#joining.set(key, { topic, partition });
    this.#joins ??= Promise.resolve()
      .then(() => this.#join())
      .finally(() => (this.#joins = undefined));
    return false;
  }

  async #join(): Promise<void> {
    const token = this.#token;
    const isWanted = (): boolean => token === this.#token;
    while (this.#joining.size > 0 && isWanted()) {
      const partitions = [...this.#joining];
      this.#joining.clear();
      this.#isKnown = true;
      try {
        const own = partitions.map(([, partition]) => partition);
        const judged = await this.#coordinator.addPartitions(this.#requireIdentity(), own, isWanted);
        if (!isWanted()) return;
        if (judged.verdict === 'done') for (const [key, at] of partitions) this.#joined.set(key, at);
        else {
          const reason = `AddPartitionsToTxn was answered with ${errorName(judged.code)}`;
          const isStale = judged.verdict === 'stale';
          const error = isStale
            ? await this.#reinitialise(reason)
            : this.#coordinator.error('AddPartitionsToTxn', judged);
          return this.#sender.fail(this.#doom(error));
        }
      } catch (error) {
        if (isWanted()) this.#sender.fail(this.#doom(error as MillraceError));
        return;
      }
      this.#sender.pump();
    }
  }

  /** Reads the state afresh: it may have changed while something was awaited. */
  #has(state: State): boolean {
    return this.#state === state;
  }

  #requireIdentity(): ProducerIdentity {
    if (this.#identity === undefined) throw this.#misused('A transaction');
    return this.#identity;
  }

  #over(doing: string): MillraceError {
    if (this.#state === 'closed') return millraceError('MR_CLIENT_CLOSED', { what: 'producer' });
    return this.#failure ?? this.#misused(doing);
  }

  #misused(doing: string): MillraceError {
    const { transactionalId } = this.#coordinator;
    return millraceError('MR_CLIENT_TRANSACTION_STATE', { transactionalId, doing, state: this.#state });
  }
}

function isOutcomeUnknown(error: unknown): boolean {
  return (error as MillraceError).code === 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN';
}
