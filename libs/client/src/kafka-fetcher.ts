/**
 * Reads partitions ahead of their owner: one Fetch a broker is on its way at any time, brokers in parallel, what came waits undecoded
 * until `poll` takes it. Fetching stops while too much waits; it goes on with each poll.
 *
 * A partition that is assigned anew, moved or dropped is another object (or none): answers to requests for the old one are ignored.
 */
import type { Buffer } from 'node:buffer';
import { MillraceError, millraceError, type Timer } from '@millrace/base';
import {
  earliestOffset,
  latestOffset,
  type FetchedBatch,
  type Fetcher,
  type FetcherOptions,
  type TopicPartition,
} from '@millrace/ports';
import { errorCodes } from '@millrace/protocol';
import { backoffMs, isRetriable, retryBackoff } from './backoff.ts';
import { brokerError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { FetchPartition } from './fetch-partition.ts';
import { fetchSettings, sendFetch, type FetchSettings } from './fetch-request.ts';
import { decodePart, fetchedPart, type FetchedPart } from './fetched-records.ts';
import { listOffsetsAt } from './list-offsets.ts';
import { partitionKey, partitionName } from './topic-partitions.ts';

/** How long a broker may hold a Fetch that leaves out some of its partitions: they must not wait for the others. */
const shortWaitMs = 50;
/** `poll` decodes about this much at once. */
const maxPollBytes = 8 * 1024 * 1024;

type Answer = Parameters<Parameters<typeof sendFetch>[4]>[1];

export class KafkaFetcher implements Fetcher {
  readonly #cluster: Cluster;
  readonly #settings: FetchSettings;
  readonly #lane: string;
  readonly #partitions = new Map<string, FetchPartition>();
  /** Brokers that owe an answer. */
  readonly #asked = new Set<number>();
  #bufferedBytes = 0;
  #waiter: (() => void) | undefined;
  #woken = false;
  #closed = false;

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#settings = fetchSettings(options);
    this.#lane = cluster.newLane('fetch');
  }

  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void {
    this.unassign(partitions);
    for (const { topic, partition, offset } of partitions) {
      this.#partitions.set(partitionKey(topic, partition), new FetchPartition(topic, partition, offset));
    }
    this.#pump();
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const key = partitionKey(topic, partition);
      this.#bufferedBytes -= this.#partitions.get(key)?.bufferedBytes ?? 0;
      this.#partitions.delete(key);
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const one of this.#assigned(partitions)) one.paused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const one of this.#assigned(partitions)) one.paused = false;
    if (this.#hasReady()) this.#wake();
    this.#pump();
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch[]> {
    if (this.#closed) throw millraceError('MR_CLIENT_CLOSED', { what: 'fetcher' });
    if (!this.#hasReady() && !this.#woken && maxWaitMs > 0) await this.#wait(maxWaitMs);
    this.#woken = false;
    return this.#take();
  }

  wakeup(): void {
    this.#woken = true;
    this.#wake();
  }

  position({ topic, partition }: TopicPartition): number | undefined {
    const position = this.#partitions.get(partitionKey(topic, partition))?.position;
    return position === undefined || position < 0 ? undefined : position;
  }

  endOffset({ topic, partition }: TopicPartition): number | undefined {
    return this.#partitions.get(partitionKey(topic, partition))?.endOffset;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#partitions.clear();
    this.#bufferedBytes = 0;
    this.#cluster.closeLane(this.#lane);
    this.#wake();
  }

  #assigned(partitions: readonly TopicPartition[]): FetchPartition[] {
    return partitions.flatMap(({ topic, partition }) => this.#partitions.get(partitionKey(topic, partition)) ?? []);
  }

  /** False for a partition that was moved or dropped since. */
  #isCurrent(one: FetchPartition): boolean {
    return this.#partitions.get(partitionKey(one.topic, one.partition)) === one;
  }

  #hasReady(): boolean {
    for (const one of this.#partitions.values()) {
      if (!one.paused && (one.parts.length > 0 || one.error !== undefined)) return true;
    }
    return false;
  }

  #wait(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const done = (): void => {
        this.#waiter = undefined;
        timer?.cancel();
        resolve();
      };
      this.#waiter = done;
      timer = this.#cluster.ports.clock.setTimer(maxWaitMs, done);
    });
  }

  #wake(): void {
    this.#waiter?.();
  }

  /** One part of each partition, asking for more before decoding them. */
  #take(): FetchedBatch[] {
    const taken: [FetchPartition, FetchedPart][] = [];
    let bytes = 0;
    // Before anything is taken: what a poll had taken when it throws would be lost.
    for (const { paused, parts, error } of this.#partitions.values())
      if (error !== undefined && !paused && parts.length === 0) throw error;
    for (const [key, one] of [...this.#partitions]) {
      if (one.paused || bytes >= maxPollBytes) continue;
      const part = one.parts.shift();
      if (part === undefined) continue;
      bytes += part.bytes.length;
      one.bufferedBytes -= part.bytes.length;
      this.#bufferedBytes -= part.bytes.length;
      taken.push([one, part]);
      // Behind the others, so that all get their turn here and in the next Fetch.
      this.#partitions.delete(key);
      this.#partitions.set(key, one);
    }
    this.#pump();
    const batches: FetchedBatch[] = [];
    for (const [one, part] of taken) {
      try {
        for (const batch of decodePart(one.topic, one.partition, part, this.#settings.isolation)) batches.push(batch);
        one.position = part.nextOffset;
      } catch (error) {
        if (!this.#damaged(one, error)) void this.#recover([one]);
      }
    }
    return batches;
  }

  /** Damage on the way is mended by fetching again (then false); damage in the log is not. */
  #damaged(one: FetchPartition, cause: unknown): boolean {
    const { topic, partition, position: offset } = one;
    this.#bufferedBytes -= one.bufferedBytes;
    one.bufferedBytes = 0;
    one.parts.length = 0;
    one.fetchOffset = offset;
    if (one.damagedAt === offset) {
      const why = cause instanceof Error ? cause.message : String(cause);
      one.error = millraceError('MR_CLIENT_BATCH_CORRUPT', { topic, partition, offset, why }, cause);
      this.#wake();
      return true;
    }
    one.damagedAt = offset;
    return false;
  }

  /** Sends what can be sent now. */
  #pump(): void {
    if (this.#closed) return;
    const fetches = new Map<number, FetchPartition[]>();
    const lookups = new Map<number, FetchPartition[]>();
    const leaderless: FetchPartition[] = [];
    const leftOut = new Set<number>();
    const { maxPartitionBytes, maxBufferedBytes } = this.#settings;
    const mayFetch = this.#bufferedBytes < maxBufferedBytes;
    for (const one of this.#partitions.values()) {
      const leader = this.#cluster.leader(one.topic, one.partition)?.leader;
      const lookup = one.wantsLookup();
      if (!lookup && !(mayFetch && one.wantsFetch(maxPartitionBytes))) {
        if (leader !== undefined) leftOut.add(leader);
      } else if (leader === undefined) leaderless.push(one);
      else if (lookup) push(lookups, leader, one);
      else if (!this.#asked.has(leader)) push(fetches, leader, one);
    }
    if (leaderless.length > 0) void this.#recover(leaderless);
    for (const [node, partitions] of lookups) void this.#lookUp(node, partitions);
    for (const [node, partitions] of fetches) void this.#fetch(node, partitions, leftOut.has(node));
  }

  async #fetch(node: number, partitions: readonly FetchPartition[], leavesOut: boolean): Promise<void> {
    const { maxWaitMs, maxBytes, maxBufferedBytes } = this.#settings;
    this.#asked.add(node);
    for (const one of partitions) one.busy = true;
    const failed: FetchPartition[] = [];
    const plan = {
      node,
      partitions,
      maxWaitMs: leavesOut ? Math.min(shortWaitMs, maxWaitMs) : maxWaitMs,
      maxBytes: Math.max(1, Math.min(maxBytes, maxBufferedBytes - this.#bufferedBytes)),
    };
    try {
      await sendFetch(this.#cluster, this.#lane, plan, this.#settings, (one, answer, records) => {
        one.busy = false;
        if (this.#isCurrent(one) && !this.#receive(one, node, answer, records)) failed.push(one);
      });
    } catch (error) {
      this.#giveUp(partitions, error);
    }
    this.#asked.delete(node);
    // What was asked for and not answered failed too.
    for (const one of partitions) if (one.busy) failed.push(one);
    if (failed.length > 0) void this.#recover(failed);
    if (this.#hasReady()) this.#wake();
    this.#pump();
  }

  /** False when it failed and may be tried again. */
  #receive(one: FetchPartition, node: number, answer: Answer, records: Buffer | null): boolean {
    const { errorCode } = answer;
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) return this.#outOfRange(one);
    if (errorCode !== errorCodes.NONE) {
      const error = brokerError(errorCode, { api: 'Fetch', node, about: partitionName(one) });
      if (isRetriable(error)) return false;
      one.error = error;
      return true;
    }
    one.failures = 0;
    const { lastStableOffset, highWatermark, abortedTransactions } = answer;
    one.endOffset =
      this.#settings.isolation === 'read_committed' && lastStableOffset >= 0 ? lastStableOffset : highWatermark;
    if (records === null || records.length === 0) return true;
    try {
      const part = fetchedPart(records, one.fetchOffset, abortedTransactions ?? []);
      if (part === undefined) return true;
      one.parts.push(part);
      one.fetchOffset = part.nextOffset;
      one.bufferedBytes += records.length;
      this.#bufferedBytes += records.length;
      return true;
    } catch (error) {
      return this.#damaged(one, error);
    }
  }

  #outOfRange(one: FetchPartition): boolean {
    const { topic, partition, fetchOffset: offset } = one;
    const { offsetReset } = this.#settings;
    if (offsetReset === 'fail') {
      one.error = millraceError('MR_CLIENT_OFFSET_OUT_OF_RANGE', { topic, partition, offset });
      return true;
    }
    this.#cluster.ports.logger.log('warn', 'An offset is out of range; reading goes on elsewhere.', {
      topic,
      partition,
      offset,
      offsetReset,
    });
    one.fetchOffset = offsetReset === 'earliest' ? earliestOffset : latestOffset;
    return true;
  }

  async #lookUp(node: number, partitions: readonly FetchPartition[]): Promise<void> {
    const failed = new Set(partitions);
    for (const one of partitions) one.busy = true;
    const queries = partitions.map(({ topic, partition, fetchOffset }) => ({
      topic,
      partition,
      timestamp: fetchOffset,
    }));
    try {
      const { found, refused } = await listOffsetsAt(
        this.#cluster,
        node,
        this.#lane,
        queries,
        this.#settings.isolation,
      );
      const find = ({ topic, partition }: TopicPartition): FetchPartition | undefined =>
        partitions.find((one) => one.topic === topic && one.partition === partition);
      for (const { offset, ...at } of found) {
        const one = find(at);
        if (one === undefined) continue;
        failed.delete(one);
        one.busy = false;
        one.moveTo(offset);
      }
      for (const { at, error } of refused)
        this.#giveUp(
          [find(at)].flatMap((one) => one ?? []),
          error,
        );
    } catch (error) {
      this.#giveUp(partitions, error);
    }
    if (failed.size > 0) void this.#recover([...failed]);
    this.#pump();
  }

  /** Ends reading after an error that trying again cannot mend. */
  #giveUp(partitions: readonly FetchPartition[], error: unknown): void {
    if (this.#closed || isRetriable(error)) return;
    const ending = MillraceError.is(error) ? error : millraceError('MR_INVARIANT', { why: String(error) }, error);
    for (const one of partitions) one.error = ending;
    this.#wake();
  }

  /** Waits, learns the leaders anew, goes on. */
  async #recover(partitions: readonly FetchPartition[]): Promise<void> {
    const { ports, lifetime } = this.#cluster;
    let failures = 0;
    for (const one of partitions) {
      one.busy = true;
      one.failures += 1;
      failures = Math.max(failures, one.failures);
    }
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const isNew = topics.some((topic) => this.#cluster.metadata.topic(topic, 0) === undefined);
    // The first look at a topic is no failure.
    if (failures > 1 || !isNew) await lifetime.sleep(backoffMs(retryBackoff, failures - 1, ports.random));
    try {
      await this.#cluster.refresh(topics);
    } catch (error) {
      this.#giveUp(partitions, error);
    }
    for (const one of partitions) one.busy = false;
    if (!lifetime.ended) this.#pump();
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
