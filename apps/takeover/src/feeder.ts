/** Feeds events at a pace, so that applications can be stopped while there is still something to do. */
import type { Clock } from '@millrace/base';
import type { RecordProducer } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { Event } from './events.ts';
import type { Happening } from './scenario.ts';

/** Events of one scenario. */
export interface Feed {
  readonly prefix: string;
  readonly events: readonly Event[];
}

const sliceMs = 50;

export class Feeder {
  readonly #producer: RecordProducer;
  readonly #clock: Clock;
  readonly #feeds: readonly Feed[];
  readonly #partitions: number;
  #fed = 0;

  constructor(producer: RecordProducer, clock: Clock, feeds: readonly Feed[], partitions: number) {
    this.#producer = producer;
    this.#clock = clock;
    this.#feeds = feeds;
    this.#partitions = partitions;
  }

  /** How much of every feed has gone, 0 to 1. */
  get fraction(): number {
    return this.#fed;
  }

  /** The topics must exist. */
  prepare(topics: readonly string[]): Promise<void> {
    return this.#producer.prepare(topics);
  }

  /** Feeds what is there before anybody starts. */
  async feedBefore(prefix: string, happenings: readonly Happening[], timestamp: number): Promise<void> {
    for (const one of happenings) this.#append(prefix, { ...one, timestamp });
    await this.#producer.flush();
  }

  /** Feeds on to a fraction, `perSlice` events of each feed every 50 ms. */
  async feedTo(fraction: number, perSlice: number): Promise<void> {
    const most = Math.max(...this.#feeds.map(({ events }) => events.length));
    while (this.#fed < fraction) {
      const next = Math.min(fraction, this.#fed + perSlice / most);
      for (const { prefix, events } of this.#feeds) {
        const from = Math.round(this.#fed * events.length);
        for (const event of events.slice(from, Math.round(next * events.length))) this.#append(prefix, event);
      }
      await this.#producer.flush();
      this.#fed = next;
      await this.#clock.sleep(sliceMs);
    }
  }

  /** One record to each partition of a topic. */
  async feedAll(topic: string, timestamp: number): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition++)
      this.#producer.append(topic, partition, Buffer.from(`close-${partition}`), Buffer.from('now'), timestamp);
    await this.#producer.flush();
  }

  #append(prefix: string, { topic, key, value, headers, timestamp }: Event): void {
    const bytes = Buffer.from(key);
    const partition = partitionForKey(bytes, this.#partitions);
    const valueBytes = value === null ? null : Buffer.from(value);
    const pairs = Object.entries(headers ?? {}).map(([name, text]) => ({ key: name, value: Buffer.from(text) }));
    this.#producer.append(`${prefix}${topic}`, partition, bytes, valueBytes, timestamp, pairs);
  }
}
