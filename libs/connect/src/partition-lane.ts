/**
 * The way of one partition's records to the table: they wait undecoded, are mapped a chunk at a time and written, one chunk after the other.
 * While a chunk is on its way the next one gathers, so the slower the table, the larger the chunks and the more writes of a row collapse.
 *
 *   accept ─▶ queue ─▶ decode, map ─▶ dead letters, rows ─▶ acknowledged (the low-water mark that may be committed)
 */
import type { MillraceError } from '@millrace/base';
import type { FetchedBatch } from '@millrace/ports';
import { Chunk } from './chunk.ts';
import { stopAt, type ChunkWriter } from './chunk-writer.ts';
import { count, type ConnectorCounters } from './connector-metrics.ts';
import { asMillraceError } from './retry.ts';
import type { Generation } from './topic-generations.ts';
import type { TopicMapping } from './topic-mapping.ts';

export interface LaneLimits {
  /** A chunk is closed at this many records, or rows. */
  readonly chunkRecords: number;
  /** The partition is paused while this many records wait, or this many polls' worth of batches. */
  readonly queuedRecords: number;
  readonly queuedPolls: number;
}

export const laneLimits: LaneLimits = { chunkRecords: 5_000, queuedRecords: 10_000, queuedPolls: 4 };

export interface LaneParts {
  readonly partition: number;
  readonly mapping: TopicMapping;
  readonly generation: Generation;
  readonly writer: ChunkWriter;
  readonly counters: ConnectorCounters;
  readonly groupId: string;
  readonly limits: LaneLimits;
  /** Offset to begin at, or `earliestOffset`. */
  readonly start: number;
  /** Something was acknowledged. */
  readonly onProgress: () => void;
  readonly onFailed: (error: MillraceError) => void;
}

export class PartitionLane {
  readonly topic: string;
  readonly partition: number;
  readonly generation: Generation;
  readonly #parts: LaneParts;
  readonly #stop = new AbortController();
  /** Batches of one poll together. */
  readonly #polls: FetchedBatch[][] = [];
  /** Records of the first batch that are in a chunk already. */
  #taken = 0;
  #queuedRecords = 0;
  #running: Promise<void> | undefined;
  /** Where fetching goes on: behind everything accepted. */
  next: number;
  /** Everything before it is acknowledged; negative until that is known. */
  acknowledged: number;
  /** What the group has. */
  committed = -1;
  /** Fetching is paused. */
  isPaused = false;

  constructor(parts: LaneParts) {
    this.topic = parts.mapping.config.topic;
    this.partition = parts.partition;
    this.generation = parts.generation;
    this.#parts = parts;
    this.next = parts.start;
    this.acknowledged = parts.start;
  }

  /** Nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#running === undefined;
  }

  get isFull(): boolean {
    const { queuedRecords, queuedPolls } = this.#parts.limits;
    return this.#queuedRecords >= queuedRecords || this.#polls.length >= queuedPolls;
  }

  get queuedRecords(): number {
    return this.#queuedRecords;
  }

  /** What one poll brought, in order. */
  accept(batches: readonly FetchedBatch[]): void {
    if (this.#stop.signal.aborted) return;
    this.#polls.push([...batches]);
    for (const { count: records, nextOffset } of batches) {
      this.#queuedRecords += records;
      this.next = nextOffset;
    }
    this.#running ??= this.#run();
  }

  /** The fetcher stands there and nothing waits: control records at the end move the position too. */
  reached(position: number): void {
    if (!this.isIdle || position <= this.acknowledged) return;
    this.next = position;
    this.acknowledged = position;
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Drops what waits; what is on its way may still be acknowledged. */
  stop(): void {
    this.#polls.length = 0;
    this.#queuedRecords = 0;
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    try {
      // Gather first: the caller may have more at hand.
      await Promise.resolve();
      while (this.#polls.length > 0) if (!(await this.#writeChunk())) return;
    } catch (thrown) {
      this.stop();
      this.#parts.onFailed(asMillraceError(thrown));
    } finally {
      this.#running = undefined;
    }
  }

  /** False when it was stopped. */
  async #writeChunk(): Promise<boolean> {
    const { mapping, writer, counters, onProgress } = this.#parts;
    const { signal } = this.#stop;
    const chunk = new Chunk();
    if (!(await this.#fill(chunk))) return false;
    if (!(await writer.write(chunk, mapping.config, signal))) return false;
    if (chunk.nextOffset !== undefined) this.acknowledged = chunk.nextOffset;
    count(counters.records, this.topic, chunk.records);
    onProgress();
    if (chunk.stop !== undefined) throw chunk.stop;
    return !signal.aborted;
  }

  async #fill(chunk: Chunk): Promise<boolean> {
    const { mapping, writer, limits } = this.#parts;
    const { signal } = this.#stop;
    for (let batch = this.#first(); batch !== undefined && !this.#isClosed(chunk); batch = this.#first()) {
      const end = Math.min(batch.count, this.#taken + limits.chunkRecords - chunk.records);
      const [open, from] = [batch, this.#taken];
      let fetching = mapping.prepare(open, from, end);
      if (fetching !== undefined) {
        const fetched = await writer.retrying('fetching schemas', signal, async () => {
          const first = fetching;
          fetching = undefined;
          await (first ?? mapping.prepare(open, from, end));
          return true;
        });
        if (fetched !== true) return false;
      }
      if (signal.aborted) return false;
      this.#map(chunk, open, end);
    }
    return true;
  }

  #isClosed({ records, rows, stop }: Chunk): boolean {
    const { chunkRecords } = this.#parts.limits;
    return records >= chunkRecords || rows.length >= chunkRecords || stop !== undefined;
  }

  /** Maps records of the first batch up to `end`, or until the chunk is closed. */
  #map(chunk: Chunk, batch: FetchedBatch, end: number): void {
    const { mapping, generation, groupId } = this.#parts;
    const from = this.#taken;
    chunk.begin(batch, from);
    let i = from;
    for (; i < end && !this.#isClosed(chunk); i++) {
      const error = mapping.map(batch, i, generation.base + batch.offset(i), chunk.rows);
      if (error !== undefined && mapping.config.onError === 'stop') {
        chunk.stop = stopAt({ batch, index: i, error }, groupId);
        chunk.nextOffset = batch.offset(i);
        break;
      }
      if (error !== undefined)
        chunk.deadLetters.push({ topic: mapping.config.deadLetterTopic, batch, index: i, error });
      chunk.recordDone();
    }
    this.#queuedRecords -= i - from;
    this.#taken = i;
    if (chunk.stop !== undefined) return;
    if (i < batch.count) {
      chunk.nextOffset = batch.offset(i);
      return;
    }
    chunk.nextOffset = batch.nextOffset;
    this.#taken = 0;
    const [poll] = this.#polls;
    poll?.shift();
    if (poll?.length === 0) this.#polls.shift();
  }

  #first(): FetchedBatch | undefined {
    while (this.#polls[0]?.length === 0) this.#polls.shift();
    return this.#polls[0]?.[0];
  }
}
