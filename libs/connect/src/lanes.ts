/**
 * The lanes of the partitions that the group gave: opened in the background (that asks the table for the topic's generation and the group for
 * offsets, and both may be away), paused while they are full, dropped when the group takes them back.
 */
import type { Logger, MillraceError } from '@millrace/base';
import {
  earliestOffset,
  type FetchedBatch,
  type Fetcher,
  type GroupMember,
  type TopicPartition,
} from '@millrace/ports';
import type { ChunkWriter } from './chunk-writer.ts';
import type { ConnectorCounters } from './connector-metrics.ts';
import { PartitionLane, type LaneLimits } from './partition-lane.ts';
import { asMillraceError, type RetryPorts } from './retry.ts';
import type { TopicGenerations } from './topic-generations.ts';
import type { TopicMapping } from './topic-mapping.ts';

export interface LanesParts extends RetryPorts {
  readonly fetcher: Fetcher;
  readonly group: GroupMember;
  readonly generations: TopicGenerations;
  readonly mappings: ReadonlyMap<string, TopicMapping>;
  readonly writer: ChunkWriter;
  readonly counters: ConnectorCounters;
  readonly groupId: string;
  readonly limits: LaneLimits;
  readonly signal: AbortSignal;
  readonly wake: () => void;
  readonly failed: (error: MillraceError) => void;
  readonly trouble: (doing: string, error: MillraceError | undefined) => void;
}

export class Lanes {
  readonly #parts: LanesParts;
  readonly #lanes = new Map<string, PartitionLane>();
  #wanted = new Map<string, TopicPartition>();
  /** Partitions that begin at their earliest record, whatever is committed. */
  readonly #anew = new Set<string>();
  /** Lanes that write what they have and are then opened anew. */
  readonly #restarting = new Set<PartitionLane>();
  /** Topics whose partitions are being opened: one that is away does not hold up the others. */
  readonly #opening = new Set<string>();

  constructor(parts: LanesParts) {
    this.#parts = parts;
  }

  get all(): readonly PartitionLane[] {
    return [...this.#lanes.values()];
  }

  get isOpening(): boolean {
    return this.#lanes.size < this.#wanted.size;
  }

  get(at: TopicPartition): PartitionLane | undefined {
    return this.#lanes.get(keyOf(at));
  }

  /** The whole assignment. Lanes that are not in it are the caller's to drop. */
  want(partitions: readonly TopicPartition[]): void {
    this.#wanted = new Map(partitions.map((one) => [keyOf(one), one]));
    for (const key of this.#anew) if (!this.#wanted.has(key)) this.#anew.delete(key);
  }

  /** Takes lanes out; what is on its way in them may still be acknowledged. */
  drop(lanes: readonly PartitionLane[]): void {
    this.#parts.fetcher.unassign(lanes);
    for (const lane of lanes) {
      lane.stop();
      this.#lanes.delete(keyOf(lane));
    }
  }

  /** Lanes of a topic that is another one now, or one whose offset is gone, begin again at the earliest record once they have written what they have. */
  restart(topic: string, partition?: number): void {
    const { fetcher, logger } = this.#parts;
    for (const lane of this.all) {
      const isMeant = lane.topic === topic && (partition ?? lane.partition) === lane.partition;
      if (!isMeant || this.#restarting.has(lane)) continue;
      this.#restarting.add(lane);
      logger.log('warn', 'A partition is read from its earliest record.', { topic, partition: lane.partition });
      const key = keyOf(lane);
      fetcher.unassign([lane]);
      void lane.settled().then(() => {
        this.#restarting.delete(lane);
        if (this.#lanes.get(key) !== lane) return;
        this.#lanes.delete(key);
        this.#anew.add(key);
        this.#parts.wake();
      });
    }
  }

  /** Opens, in the background, what is wanted and not open. */
  open(): void {
    if (this.#lanes.size === this.#wanted.size) return;
    const missing = [...this.#wanted].filter(([key]) => !this.#lanes.has(key)).map(([, one]) => one);
    for (const topic of new Set(missing.map((one) => one.topic))) {
      if (this.#opening.has(topic)) continue;
      this.#opening.add(topic);
      const own = missing.filter((one) => one.topic === topic);
      void this.#open(topic, own)
        .catch((thrown: unknown) => this.#parts.failed(asMillraceError(thrown)))
        .finally(() => {
          this.#opening.delete(topic);
          this.#parts.wake();
        });
    }
  }

  accept(batches: readonly FetchedBatch[]): void {
    const polled = new Map<PartitionLane, FetchedBatch[]>();
    for (const batch of batches) {
      const lane = this.get(batch);
      if (lane === undefined) continue;
      const own = polled.get(lane);
      if (own === undefined) polled.set(lane, [batch]);
      else own.push(batch);
    }
    for (const [lane, own] of polled) lane.accept(own);
    for (const lane of this.#lanes.values()) {
      const position = this.#parts.fetcher.position(lane);
      if (position !== undefined) lane.reached(position);
    }
  }

  /** Pauses what is full and resumes what is not any more. */
  throttle(): void {
    const { fetcher } = this.#parts;
    for (const lane of this.#lanes.values()) {
      if (lane.isFull === lane.isPaused) continue;
      lane.isPaused = lane.isFull;
      if (lane.isPaused) fetcher.pause([lane]);
      else fetcher.resume([lane]);
    }
  }

  /** Fetches again what no lane has accepted. */
  refetch(): void {
    const lanes = this.all.filter((lane) => !this.#restarting.has(lane));
    this.#parts.fetcher.assign(lanes.map(({ topic, partition, next }) => ({ topic, partition, offset: next })));
    for (const lane of lanes) lane.isPaused = false;
  }

  async #open(topic: string, partitions: readonly TopicPartition[]): Promise<void> {
    const { writer, signal, fetcher } = this.#parts;
    const lanes = await writer.retrying(`opening ${topic}`, signal, async () => {
      await this.#parts.generations.learn(topic);
      return this.#newLanes(partitions);
    });
    // The group may have taken some of them back since.
    const current = (lanes ?? []).filter((lane) => this.#wanted.has(keyOf(lane)) && !this.#lanes.has(keyOf(lane)));
    for (const lane of current) {
      this.#anew.delete(keyOf(lane));
      this.#lanes.set(keyOf(lane), lane);
    }
    fetcher.assign(current.map(({ topic, partition, next }) => ({ topic, partition, offset: next })));
  }

  async #newLanes(partitions: readonly TopicPartition[]): Promise<readonly PartitionLane[]> {
    const { group, mappings, generations, counters, writer, groupId, limits, wake, failed } = this.#parts;
    const committed = await group.committed(partitions, false);
    return partitions.flatMap((at) => {
      const [mapping, generation] = [mappings.get(at.topic), generations.get(at.topic)];
      if (mapping === undefined || generation === undefined) return [];
      const found = committed.find(({ topic, partition }) => topic === at.topic && partition === at.partition);
      const start = this.#startOf(at, generation.topicId, found);
      const common = { mapping, generation, writer, counters, groupId, limits };
      return new PartitionLane({ partition: at.partition, start, ...common, onProgress: wake, onFailed: failed });
    });
  }

  /** Offsets of a topic that is gone mean nothing in the one that has its name now. Tools that set offsets leave no metadata. */
  #startOf(
    at: TopicPartition,
    topicId: string,
    found: { readonly offset: number; readonly metadata: string } | undefined,
  ): number {
    if (found === undefined || this.#anew.has(keyOf(at))) return earliestOffset;
    if (found.metadata === '' || found.metadata === topicId) return found.offset;
    const logger: Logger = this.#parts.logger;
    logger.log('warn', 'A topic was made anew; it is read from its earliest record.', { ...at, topicId });
    return earliestOffset;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
