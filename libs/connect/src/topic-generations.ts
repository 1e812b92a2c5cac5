/**
 * Writetimes of rows: `base + offset` of the record, in microseconds.
 *
 * The base is decided once for each topic generation (a topic id) and kept beside the tables: the time of that moment less the largest end offset.
 * So writetimes grow with the offsets of a partition, stay the same on every replay, are never ahead of the clock while a partition takes
 * less than a million records a second, and a topic that is made anew beats every row of the one before.
 *
 * They order the writes of one row as long as all of them come from one partition of one topic generation. Hence the number of partitions may
 * not change within a generation (MR_SINK_PARTITIONS_CHANGED), and topics that share a table should write different rows of it: where two
 * topics write the same row the outcome is the same on every replay, but which of them wins is decided by their bases, not by when it happened.
 */
import { millraceError, type Clock } from '@millrace/base';
import type { KafkaClient, TableSink } from '@millrace/ports';

export interface Generation {
  readonly topicId: string;
  readonly base: number;
  readonly partitions: number;
}

export class TopicGenerations {
  readonly #client: KafkaClient;
  readonly #sink: TableSink;
  readonly #clock: Clock;
  readonly #known = new Map<string, Generation>();

  constructor(client: KafkaClient, sink: TableSink, clock: Clock) {
    this.#client = client;
    this.#sink = sink;
    this.#clock = clock;
  }

  get(topic: string): Generation | undefined {
    return this.#known.get(topic);
  }

  /** Looks at a topic as it is now. Rejects when it is missing or has got other partitions. */
  async learn(name: string): Promise<void> {
    const view = (await this.#client.topics([name], { maxAgeMs: 0 })).get(name);
    if (view === undefined) throw millraceError('MR_SINK_TOPIC_MISSING', { topics: name });
    const { topicId, partitions } = view;
    if (this.#known.get(name)?.topicId !== topicId) {
      const ends = await this.#client.admin.listOffsets(
        partitions.map(({ partition }) => ({ topic: name, partition })),
        'latest',
        'read_uncommitted',
      );
      const endMost = ends.reduce((most, { offset }) => Math.max(most, offset), 0);
      const proposed = { base: this.#clock.now() * 1_000 - endMost, partitions: partitions.length };
      this.#known.set(name, { topicId, ...(await this.#sink.generation(name, topicId, proposed)) });
    }
    requireSamePartitions(name, this.#known.get(name), partitions.length);
  }
}

/** Throws MR_SINK_PARTITIONS_CHANGED. */
export function requireSamePartitions(topic: string, generation: Generation | undefined, now: number): void {
  if (generation === undefined || generation.partitions === now) return;
  throw millraceError('MR_SINK_PARTITIONS_CHANGED', { topic, before: generation.partitions, now });
}
