/**
 * Takes records, sends batches. Under both producers: who they are and what an error means is their owner's; order, sequences, retries
 * and bounds are here. One Produce holds a batch of several partitions of a broker; up to five are on their way to each.
 *
 * When a batch fails for good everything that was appended is dropped, and `append` and `flush` throw what it failed with, until
 * `discard` starts afresh.
 */
import { millraceError, type MillraceError, type Timer } from '@millrace/base';
import type { Header, ProducerOptions, TopicPartition } from '@millrace/ports';
import { apis, errorCodes, errorName, isRetriableError } from '@millrace/protocol';
import { answeredBackoff, backoffMs, isRetriable, retryBackoff, type BackoffRange } from './backoff.ts';
import type { RequestOptions } from './broker-connection.ts';
import { brokerError, isStaleLeader } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { maxInFlight, type OutgoingBatch, PartitionQueue } from './partition-queue.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import { sendProduce, type Shipment } from './produce-request.ts';
import { partitionName } from './topic-partitions.ts';

/** The producer that a sender works for. */
export interface SenderOwner {
  readonly transactionalId: string | null;
  /** Undefined: not known yet; the owner calls `pump` when it is. */
  identity(): ProducerIdentity | undefined;
  produceVersions(): RequestOptions;
  /** Whether a partition may be written to now; the owner calls `pump` when it may. */
  admits(topic: string, partition: number): boolean;
  /** What a refused batch means: the error that everybody gets. */
  judge(code: number, error: MillraceError): Promise<MillraceError>;
}

export type SenderSettings = Required<ProducerOptions>;

/** Options as a user gives them, filled up. */
export function senderSettings(options: ProducerOptions, deliveryTimeoutMs: number): SenderSettings {
  return {
    compression: options.compression ?? 'none',
    batchBytes: options.batchBytes ?? 256 * 1024,
    topicBatchBytes: options.topicBatchBytes ?? new Map(),
    lingerMs: options.lingerMs ?? 5,
    bufferBytes: options.bufferBytes ?? 32 * 1024 * 1024,
    maxRequestBytes: options.maxRequestBytes ?? 1024 * 1024,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? deliveryTimeoutMs,
  };
}

interface Waiter {
  resolve(): void;
  reject(error: MillraceError): void;
}

/** What a builder calls its size before the first record: the header of the batch. */
const emptyBatchBytes = 61;
/** The header and the longest frame of a record. */
const batchOverheadBytes = emptyBatchBytes + 36;
/** How long a topic may be unknown to the cluster before its batches fail. */
const missingTopicMs = 60_000;

export class BatchSender {
  readonly lane: string;
  readonly #cluster: Cluster;
  readonly #settings: SenderSettings;
  readonly #owner: SenderOwner;
  readonly #topics = new Map<string, PartitionQueue[]>();
  readonly #open = new Set<PartitionQueue>();
  readonly #sending = new Set<PartitionQueue>();
  readonly #requestsTo = new Map<number, number>();
  #requests = 0;
  #unacknowledged = 0;
  #bufferedBytes = 0;
  #failure: MillraceError | undefined;
  #halted = false;
  #isUncertain = false;
  /** Counts `discard`: answers to older requests change nothing any more. */
  #era = 0;
  #pumpPlanned = false;
  #linger: Timer | undefined;
  #roomWaiters: Waiter[] = [];
  #flushWaiters: Waiter[] = [];
  #quietWaiters: (() => void)[] = [];

  constructor(cluster: Cluster, settings: SenderSettings, owner: SenderOwner) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#owner = owner;
    this.lane = cluster.newLane('produce');
  }

  async prepare(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#topics.has(topic));
    if (unknown.length === 0) return;
    const found = await this.#cluster.describe(unknown);
    const missing = unknown.filter((topic) => !found.has(topic));
    if (missing.length > 0) throw millraceError('MR_CLIENT_TOPIC_MISSING', { topics: missing.join(', ') });
    for (const [topic, { partitions }] of found) {
      if (this.#topics.has(topic)) continue;
      const { batchBytes, topicBatchBytes } = this.#settings;
      const limitBytes = Math.min(batchBytes, topicBatchBytes.get(topic) ?? batchBytes);
      const queues = partitions.map(({ partition }) => new PartitionQueue(topic, partition, limitBytes));
      this.#topics.set(topic, queues);
    }
  }

  partitionCount(topic: string): number {
    const queues = this.#topics.get(topic);
    if (queues === undefined) throw millraceError('MR_CLIENT_TOPIC_MISSING', { topics: topic });
    return queues.length;
  }

  /** All partitions of the topics that are prepared. */
  partitions(): TopicPartition[] {
    return [...this.#topics.values()].flatMap((queues) => queues.map(({ topic, partition }) => ({ topic, partition })));
  }

  endOffset(topic: string, partition: number): number | undefined {
    return this.#topics.get(topic)?.[partition]?.endOffset;
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
    const queue = this.#topics.get(topic)?.[partition] ?? this.#missing(topic, partition);
    const sizeBytes =
      (key === null ? 0 : key.length) + (value === null ? 0 : value.length) + (headers ? headersBytes(headers) : 0);
    const { maxRequestBytes, compression, bufferBytes } = this.#settings;
    if (sizeBytes + batchOverheadBytes > maxRequestBytes) {
      throw millraceError('MR_CLIENT_RECORD_TOO_LARGE', { topic, partition, sizeBytes, limitBytes: maxRequestBytes });
    }
    const openBytes = queue.openBytes;
    if (openBytes > 0 && openBytes + sizeBytes + batchOverheadBytes > queue.batchBytes) {
      this.#seal(queue);
      this.#planPump();
    }
    if (queue.openBytes === 0) {
      queue.open(compression, this.#cluster.ports.clock.monotonic());
      this.#open.add(queue);
      this.#linger ??= this.#cluster.ports.clock.setTimer(this.#settings.lingerMs, () => this.#lingered());
    }
    this.#bufferedBytes += queue.append(key, value, timestamp, headers);
    return this.#bufferedBytes < bufferBytes;
  }

  ready(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#bufferedBytes < this.#settings.bufferBytes) return Promise.resolve();
    this.#sealAll();
    this.pump();
    return new Promise((resolve, reject) => this.#roomWaiters.push({ resolve, reject }));
  }

  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#sealAll();
    this.pump();
    if (this.#unacknowledged === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#flushWaiters.push({ resolve, reject }));
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (this.#halted || this.#sending.size === 0) return;
    const identity = this.#owner.identity();
    if (identity === undefined) return;
    for (;;) {
      const shipments = this.#load();
      if (shipments.size === 0) return;
      for (const [node, shipment] of shipments) void this.#ship(node, shipment, identity);
    }
  }

  /** Ends everything with an error: `append` and `flush` throw it until `discard`. */
  fail(error: MillraceError): void {
    this.#halted = true;
    this.#failure ??= error;
    this.#drop();
    for (const { reject } of [...this.#roomWaiters.splice(0), ...this.#flushWaiters.splice(0)]) reject(this.#failure);
  }

  /**
   * Drops what is not acknowledged and starts afresh once every request is answered. Resolves with whether something was sent of which
   * nobody knows whether it arrived: then the next sequence is not known either.
   */
  async discard(): Promise<boolean> {
    this.#halted = true;
    this.#drop();
    const aborted = this.#failure;
    for (const { resolve, reject } of [...this.#roomWaiters.splice(0), ...this.#flushWaiters.splice(0)]) {
      if (aborted === undefined) resolve();
      else reject(aborted);
    }
    if (this.#requests > 0) await new Promise<void>((resolve) => this.#quietWaiters.push(resolve));
    const isUncertain = this.#isUncertain;
    this.#failure = undefined;
    this.#halted = false;
    this.#isUncertain = false;
    return isUncertain;
  }

  /** A new epoch, or even a new producer id: every partition starts at sequence 0 again. */
  restartSequences(isNewId: boolean): void {
    for (const queue of [...this.#topics.values()].flat()) {
      queue.restartSequence();
      if (isNewId) queue.becomeUnknown();
    }
  }

  close(): void {
    this.fail(millraceError('MR_CLIENT_CLOSED', { what: 'producer' }));
    this.#cluster.closeLane(this.lane);
  }

  #missing(topic: string, partition: number): never {
    const partitions = this.#topics.get(topic)?.length ?? 0;
    throw millraceError('MR_CLIENT_PARTITION_MISSING', { topic, partition, partitions });
  }

  #seal(queue: PartitionQueue): void {
    if (!queue.seal()) return;
    this.#open.delete(queue);
    this.#sending.add(queue);
    this.#unacknowledged += 1;
  }

  #sealAll(): void {
    for (const queue of [...this.#open]) this.#seal(queue);
    this.#linger?.cancel();
    this.#linger = undefined;
  }

  #lingered(): void {
    this.#linger = undefined;
    this.#sealAll();
    this.pump();
  }

  /** Batches that are sealed in one go leave in one request. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    void Promise.resolve().then(() => {
      this.#pumpPlanned = false;
      this.pump();
    });
  }

  /** One batch of each partition that has its turn, by leader. */
  #load(): Map<number, Shipment[]> {
    const loads = new Map<number, Shipment[]>();
    const loadedBytes = new Map<number, number>();
    const leaderless: PartitionQueue[] = [];
    for (const queue of this.#sending) {
      if (!queue.maySend()) continue;
      const leader = this.#cluster.leader(queue.topic, queue.partition)?.leader;
      if (leader === undefined) {
        leaderless.push(queue);
        continue;
      }
      const bytes = loadedBytes.get(leader) ?? 0;
      if (bytes >= this.#settings.maxRequestBytes || (this.#requestsTo.get(leader) ?? 0) >= maxInFlight) continue;
      if (!this.#owner.admits(queue.topic, queue.partition)) continue;
      const batch = queue.send();
      if (!queue.hasWaiting) this.#sending.delete(queue);
      loadedBytes.set(leader, bytes + batch.sizeBytes);
      const load = loads.get(leader);
      if (load === undefined) loads.set(leader, [{ queue, batch }]);
      else load.push({ queue, batch });
    }
    if (leaderless.length > 0) void this.#recover(leaderless, retryBackoff);
    return loads;
  }

  async #ship(node: number, shipments: readonly Shipment[], identity: ProducerIdentity): Promise<void> {
    const era = this.#era;
    const { transactionalId } = this.#owner;
    this.#requests += 1;
    this.#requestsTo.set(node, (this.#requestsTo.get(node) ?? 0) + 1);
    const failed: PartitionQueue[] = [];
    let wait: BackoffRange = answeredBackoff;
    try {
      const request = { node, lane: this.lane, shipments, identity, transactionalId };
      const answers = await sendProduce(this.#cluster, request, this.#owner.produceVersions());
      if (era === this.#era) {
        for (const { shipment, code, baseOffset } of answers) {
          if (!this.#settle(shipment, code, baseOffset, node)) failed.push(shipment.queue);
          if (isStaleLeader(code)) wait = retryBackoff;
          if (this.#halted) break;
        }
      }
    } catch (error) {
      wait = retryBackoff;
      if (era === this.#era) failed.push(...this.#unanswered(shipments, error as MillraceError));
    }
    this.#requests -= 1;
    this.#requestsTo.set(node, (this.#requestsTo.get(node) ?? 1) - 1);
    if (this.#requests === 0) for (const resolve of this.#quietWaiters.splice(0)) resolve();
    if (failed.length > 0 && !this.#halted) void this.#recover(failed, wait);
    this.pump();
  }

  /** No answer: every batch may have arrived or not, and goes again under its sequence. */
  #unanswered(shipments: readonly Shipment[], error: MillraceError): PartitionQueue[] {
    if (error.severity !== 'retriable') {
      this.#refuse(errorCodes.NONE, error);
      return [];
    }
    return shipments.filter(({ queue, batch }) => this.#retry(queue, batch, false)).map(({ queue }) => queue);
  }

  /** Deals with the answer for one batch; false when the partition should be left alone for a while. */
  #settle({ queue, batch }: Shipment, code: number, baseOffset: number, node: number): boolean {
    const { topic, partition } = queue;
    if (code === errorCodes.NONE || code === errorCodes.DUPLICATE_SEQUENCE_NUMBER) {
      queue.acknowledge(batch, code === errorCodes.NONE ? baseOffset : -1);
      this.#acknowledged(batch);
      return true;
    }
    const isSequence = code === errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER || code === errorCodes.UNKNOWN_PRODUCER_ID;
    // A batch before this one was lost on the way and comes again: this one follows it.
    if ((isSequence && !queue.isExpected(batch)) || isRetriableError(code)) {
      return !this.#retry(queue, batch, isStaleLeader(code));
    }
    const about = partitionName(queue);
    const { sequence, sizeBytes } = batch;
    if (isSequence) {
      const details = { topic, partition, error: errorName(code), sequence };
      this.#refuse(code, millraceError('MR_CLIENT_SEQUENCE_BROKEN', details));
    } else if (code === errorCodes.MESSAGE_TOO_LARGE || code === errorCodes.RECORD_LIST_TOO_LARGE) {
      this.#refuse(code, millraceError('MR_CLIENT_BATCH_TOO_LARGE', { topic, partition, sizeBytes }));
    } else {
      this.#refuse(code, brokerError(code, { api: apis.Produce.name, node, about }));
    }
    return true;
  }

  /** Puts a batch back; false when it has been tried for too long. */
  #retry(queue: PartitionQueue, batch: OutgoingBatch, mayBeMissing: boolean): boolean {
    queue.requeue(batch);
    this.#sending.add(queue);
    return !this.#expired(queue, batch, mayBeMissing);
  }

  #expired(
    { topic, partition }: PartitionQueue,
    { createdAtMs, count }: OutgoingBatch,
    mayBeMissing: boolean,
  ): boolean {
    const { deliveryTimeoutMs: timeoutMs } = this.#settings;
    const ageMs = this.#cluster.ports.clock.monotonic() - createdAtMs;
    if (mayBeMissing && ageMs > missingTopicMs && this.#cluster.metadata.topic(topic, 0) === undefined) {
      this.#refuse(errorCodes.NONE, millraceError('MR_CLIENT_TOPIC_MISSING', { topics: topic }));
      return true;
    }
    if (ageMs <= timeoutMs) return false;
    this.#refuse(
      errorCodes.NONE,
      millraceError('MR_CLIENT_DELIVERY_TIMED_OUT', { topic, partition, count, timeoutMs }),
    );
    return true;
  }

  #acknowledged({ sizeBytes }: OutgoingBatch): void {
    this.#unacknowledged -= 1;
    this.#bufferedBytes -= sizeBytes - emptyBatchBytes;
    if (this.#bufferedBytes < this.#settings.bufferBytes)
      for (const { resolve } of this.#roomWaiters.splice(0)) resolve();
    if (this.#unacknowledged === 0) for (const { resolve } of this.#flushWaiters.splice(0)) resolve();
  }

  /** A batch failed for good: nothing more is sent, and its owner tells what that means. */
  #refuse(code: number, error: MillraceError): void {
    if (this.#halted) return;
    this.#halted = true;
    const era = this.#era;
    void this.#owner.judge(code, error).then((verdict) => {
      if (era === this.#era) this.fail(verdict);
    });
  }

  /** Leaves partitions alone for a moment; learns their leaders anew unless their brokers have just answered as leaders. */
  async #recover(queues: readonly PartitionQueue[], range: BackoffRange): Promise<void> {
    const { ports, lifetime } = this.#cluster;
    let failures = 0;
    for (const queue of queues) {
      queue.blocked = true;
      queue.failures += 1;
      failures = Math.max(failures, queue.failures);
    }
    await lifetime.sleep(backoffMs(range, failures - 1, ports.random));
    const refused = range === retryBackoff ? await this.#refreshLeaders(queues) : undefined;
    for (const queue of queues) {
      queue.blocked = false;
      if (queue.head !== undefined && !this.#halted) this.#expired(queue, queue.head, true);
    }
    if (refused !== undefined && !lifetime.ended) this.#refuse(errorCodes.NONE, refused);
    this.pump();
  }

  /** Resolves with the error when the topics may not be described. */
  async #refreshLeaders(queues: readonly PartitionQueue[]): Promise<MillraceError | undefined> {
    try {
      await this.#cluster.refresh([...new Set(queues.map(({ topic }) => topic))]);
      return undefined;
    } catch (error) {
      return isRetriable(error) ? undefined : (error as MillraceError);
    }
  }

  /** Empties all partitions; remembers whether something was sent without an answer. */
  #drop(): void {
    this.#era += 1;
    for (const queues of this.#topics.values()) {
      for (const queue of queues) {
        if (queue.isUncertain) this.#isUncertain = true;
        queue.clear();
      }
    }
    this.#open.clear();
    this.#sending.clear();
    this.#unacknowledged = 0;
    this.#bufferedBytes = 0;
    this.#linger?.cancel();
    this.#linger = undefined;
  }
}

function headersBytes(headers: readonly Header[]): number {
  let bytes = 0;
  for (const { key, value } of headers) bytes += 3 * key.length + (value === null ? 0 : value.length) + 10;
  return bytes;
}
