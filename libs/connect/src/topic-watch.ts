/** Looks at the topics now and then: one that appears, one that was made anew under its name, one that got more partitions. */
import { millraceError, type Clock, type MillraceError } from '@millrace/base';
import type { KafkaClient, TopicView } from '@millrace/ports';
import { asMillraceError } from './retry.ts';
import { requireSamePartitions, type TopicGenerations } from './topic-generations.ts';

export interface TopicWatchParts {
  readonly client: KafkaClient;
  readonly generations: TopicGenerations;
  readonly clock: Clock;
  readonly topics: readonly string[];
  readonly everyMs: number;
  readonly onAppeared: () => void;
  readonly onReplaced: (topic: string) => void;
  readonly onTrouble: (doing: string, error: MillraceError | undefined) => void;
  readonly failed: (error: MillraceError) => void;
}

/** Missing topics are looked for more often. */
const missingMs = 500;

export class TopicWatch {
  readonly #parts: TopicWatchParts;
  #missing: readonly string[] = [];
  #isLooking = false;
  #atMs = -Infinity;

  constructor(parts: TopicWatchParts) {
    this.#parts = parts;
  }

  /** Looks, in the background, when it is time to. */
  tick(): void {
    const { clock, everyMs } = this.#parts;
    const waitMs = this.#missing.length > 0 ? Math.min(missingMs, everyMs) : everyMs;
    if (this.#isLooking || clock.monotonic() - this.#atMs < waitMs) return;
    this.#atMs = clock.monotonic();
    this.#isLooking = true;
    void this.#look().finally(() => (this.#isLooking = false));
  }

  async #look(): Promise<void> {
    const { client, topics, onTrouble, onAppeared, failed } = this.#parts;
    try {
      const views = await client.topics(topics, { maxAgeMs: 0 });
      onTrouble('looking at the topics', undefined);
      const missing = topics.filter((topic) => !views.has(topic));
      const hasAppeared = this.#missing.some((topic) => views.has(topic));
      this.#missing = missing;
      const error =
        missing.length === 0 ? undefined : millraceError('MR_SINK_TOPIC_MISSING', { topics: missing.join(', ') });
      onTrouble('looking for topics', error);
      for (const view of views.values()) this.#compare(view);
      if (hasAppeared) onAppeared();
    } catch (thrown) {
      const error = asMillraceError(thrown);
      if (error.severity === 'retriable') onTrouble('looking at the topics', error);
      else failed(error);
    }
  }

  #compare({ name, topicId, partitions }: TopicView): void {
    const generation = this.#parts.generations.get(name);
    if (generation === undefined) return;
    if (generation.topicId !== topicId) this.#parts.onReplaced(name);
    else requireSamePartitions(name, generation, partitions.length);
  }
}
