/** Ends of changelogs with the time at which they were asked for: they tell how old the newest thing is that a copy may lack. */
import type { Clock } from '@millrace/base';
import type { KafkaClient, TopicPartition } from '@millrace/ports';

interface Sample {
  /** When it was asked for; what was committed before is in front of `end`. */
  readonly askedAtMs: number;
  readonly end: number;
}

/** A copy that is further behind has nothing to say about its age. */
const samplesKept = 120;

export class EndSamples {
  readonly #admin: KafkaClient['admin'];
  readonly #clock: Clock;
  readonly #samples = new Map<string, readonly Sample[]>();

  constructor(admin: KafkaClient['admin'], clock: Clock) {
    this.#admin = admin;
    this.#clock = clock;
  }

  /** Asks for the ends of these partitions, and forgets all others. */
  async take(partitions: readonly TopicPartition[]): Promise<void> {
    const askedAtMs = this.#clock.monotonic();
    const found = partitions.length === 0 ? [] : await this.#admin.listOffsets(partitions, 'latest', 'read_committed');
    const before = new Map(this.#samples);
    this.#samples.clear();
    for (const place of found) {
      const kept = before.get(nameOf(place)) ?? [];
      this.#samples.set(nameOf(place), [...kept, { askedAtMs, end: place.offset }].slice(-samplesKept));
    }
  }

  newest(place: TopicPartition): number | undefined {
    return this.#samples.get(nameOf(place))?.at(-1)?.end;
  }

  /** The latest time at which the end was not beyond a position; -Infinity when none is known. */
  reachedAt(place: TopicPartition, position: number): number {
    const reached = this.#samples.get(nameOf(place))?.findLast(({ end }) => end <= position);
    return reached?.askedAtMs ?? -Infinity;
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
