/**
 * Ends of changelogs with the time at which they were asked for: they tell how old the newest thing is that a copy may lack, and which input records are
 * in what it has.
 */
import type { Clock } from '@millrace/base';
import type { KafkaClient, TopicPartition } from '@millrace/ports';

/** Where a copy reads. */
export interface FollowedPlace extends TopicPartition {
  /** The topic is an input itself: it counts as far as it was processed, no more. */
  readonly isSource?: boolean;
}

interface End {
  readonly end: number;
  /** No transaction that had begun reaches further. */
  readonly settled: number;
}

/** One round of questions. */
interface Sample {
  /** When it was begun: what was committed before is in front of the ends. */
  readonly askedAtMs: number;
  /** The next offset to process, by input. Asked for first: what it counts as processed lies in front of `settled`. */
  readonly processed: ReadonlyMap<string, number>;
  readonly ends: ReadonlyMap<string, End>;
}

/** A copy that is further behind has nothing to say about its age. */
const samplesKept = 120;

export class EndSamples {
  readonly #admin: KafkaClient['admin'];
  readonly #clock: Clock;
  readonly #group: string;
  #samples: readonly Sample[] = [];

  constructor(admin: KafkaClient['admin'], clock: Clock, group: string) {
    this.#admin = admin;
    this.#clock = clock;
    this.#group = group;
  }

  /** Asks for the ends of these partitions, and how far these inputs are processed. */
  async take(places: readonly FollowedPlace[], inputs: readonly TopicPartition[]): Promise<void> {
    if (places.length === 0) return void (this.#samples = []);
    const askedAtMs = this.#clock.monotonic();
    const committed = await this.#admin.groupOffsets(this.#group, inputs);
    const processed = new Map(committed.map((one) => [nameOf(one), one.offset]));
    const changelogs = places.filter(({ isSource }) => isSource !== true);
    const found = changelogs.length === 0 ? [] : await this.#admin.listOffsets(changelogs, 'latest', 'read_committed');
    const marks =
      changelogs.length === 0 ? [] : await this.#admin.listOffsets(changelogs, 'latest', 'read_uncommitted');
    const settled = new Map(marks.map((one) => [nameOf(one), one.offset]));
    const ends = new Map(
      found.map((one) => [nameOf(one), { end: one.offset, settled: settled.get(nameOf(one)) ?? Infinity }]),
    );
    for (const place of places.filter(({ isSource }) => isSource === true)) {
      const end = processed.get(nameOf(place)) ?? 0;
      ends.set(nameOf(place), { end, settled: end });
    }
    this.#samples = [...this.#samples, { askedAtMs, processed, ends }].slice(-samplesKept);
  }

  newest(place: TopicPartition): number | undefined {
    return this.#samples.at(-1)?.ends.get(nameOf(place))?.end;
  }

  /** The latest time at which the end was not beyond a position; -Infinity when none is known. */
  reachedAt(place: TopicPartition, position: number): number {
    const reached = this.#samples.findLast(({ ends }) => (ends.get(nameOf(place))?.end ?? Infinity) <= position);
    return reached?.askedAtMs ?? -Infinity;
  }

  /** The next offset to process of an input, all before of which is in front of these positions; undefined when that is not known of any. */
  processedBy(
    positions: readonly (TopicPartition & { readonly offset: number })[],
    input: TopicPartition,
  ): number | undefined {
    const reached = this.#samples.findLast(({ ends }) =>
      positions.every((place) => (ends.get(nameOf(place))?.settled ?? Infinity) <= place.offset),
    );
    return reached?.processed.get(nameOf(input));
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
