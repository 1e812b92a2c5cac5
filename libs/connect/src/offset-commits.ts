/** Commits what lanes have acknowledged, one request at a time. The metadata is the topic's id: it tells whether the offset is one of this topic. */
import type { Clock, Logger, MillraceError } from '@millrace/base';
import type { GroupMember } from '@millrace/ports';
import type { ConnectorCounters } from './connector-metrics.ts';
import type { PartitionLane } from './partition-lane.ts';
import { asMillraceError } from './retry.ts';

export interface OffsetCommitsParts {
  readonly group: GroupMember;
  readonly counters: ConnectorCounters;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failed: (error: MillraceError) => void;
  readonly trouble: (doing: string, error: MillraceError | undefined) => void;
}

const doing = 'committing offsets';

export class OffsetCommits {
  readonly #parts: OffsetCommitsParts;
  #running: Promise<void> | undefined;
  #atMs: number;

  constructor(parts: OffsetCommitsParts) {
    this.#parts = parts;
    this.#atMs = parts.clock.monotonic();
  }

  /** Commits in the background when an interval has passed since the last time. */
  tick(lanes: readonly PartitionLane[], everyMs: number): void {
    const nowMs = this.#parts.clock.monotonic();
    if (this.#running !== undefined || nowMs - this.#atMs < everyMs) return;
    this.#atMs = nowMs;
    this.#running = this.#commit(lanes).finally(() => (this.#running = undefined));
  }

  /** Commits now, behind the commit that is on its way. Never rejects. */
  async commit(lanes: readonly PartitionLane[]): Promise<void> {
    await this.#running;
    await this.#commit(lanes);
  }

  async #commit(lanes: readonly PartitionLane[]): Promise<void> {
    const { group, counters, logger } = this.#parts;
    const moved = lanes
      .filter(({ acknowledged, committed }) => acknowledged > committed)
      .map((lane) => ({ lane, offset: lane.acknowledged }));
    if (moved.length === 0) return this.#parts.trouble(doing, undefined);
    const offsets = moved.map(({ lane: { topic, partition, generation }, offset }) => {
      return { topic, partition, offset, metadata: generation.topicId };
    });
    try {
      await group.commit(offsets);
      for (const { lane, offset } of moved) lane.committed = offset;
      counters.offsetCommits++;
      this.#parts.trouble(doing, undefined);
    } catch (thrown) {
      const error = asMillraceError(thrown);
      // Fenced: the group has moved on, and its next event says so.
      if (error.severity !== 'retriable' && error.severity !== 'fenced') return this.#parts.failed(error);
      logger.log('warn', error.message, { doing, code: error.code });
      if (error.severity === 'retriable') this.#parts.trouble(doing, error);
    }
  }
}
