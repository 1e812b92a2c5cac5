/** Result topics of a trending-hashtags application with names of their own, fed with running counts, and what the tables must hold in the end. */
import type { KafkaClient, RecordProducer, SchemaRegistry } from '@millrace/ports';
import { Serdes, avro, timeWindowed } from '@millrace/serde';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../../../..');
const shipped = readFileSync(path.join(root, 'apps/connector/config/trending-hashtags.json'), 'utf8');
const trendingSchema = readFileSync(path.join(root, 'schemas/avro/trending-hashtags-value.avsc'), 'utf8');

interface Mention {
  readonly hashtag: string;
  readonly mentions: number;
}

interface Trending {
  readonly windowStart: number;
  readonly entries: readonly Mention[];
}

const names = ['hashtag-mentions-10m', 'hashtag-mentions-day', 'hashtag-mentions-all', 'trending-hashtags'] as const;
const dayStart = Date.UTC(2015, 1, 17);
const windowMs = 600_000;
const partitions = 4;

export class ResultFeed {
  readonly topics: Readonly<Record<(typeof names)[number], string>>;
  /** The shipped configuration with these topics. */
  readonly config: string;
  /** `hashtag interval` -> mentions. */
  readonly counts = new Map<string, number>();
  /** `window rank` -> `hashtag mentions`. */
  readonly places = new Map<string, string>();
  readonly #client: KafkaClient;
  readonly #registry: SchemaRegistry;
  readonly #trending = avro<Trending>({ schema: trendingSchema });
  readonly #windows = new Map<number, Map<string, number>>();

  constructor(client: KafkaClient, registry: SchemaRegistry, unique: string) {
    this.#client = client;
    this.#registry = registry;
    this.topics = Object.fromEntries(names.map((name) => [name, `${name}-${unique}`])) as typeof this.topics;
    this.config = names.reduce((text, name) => text.replace(`"${name}"`, `"${this.topics[name]}"`), shipped);
  }

  async create(): Promise<void> {
    const configs = { 'retention.ms': '-1' };
    const topics = Object.values(this.topics).map((name) => ({ name, partitions, replicationFactor: -1, configs }));
    await this.#client.admin.createTopics(topics);
    await this.#trending.open?.({ topic: this.topics['trending-hashtags'], isKey: false, registry: this.#registry });
  }

  /** Mentions from the n-th on, spread over hashtags and windows: each gives four records. */
  async feed(producer: RecordProducer, from: number, count: number): Promise<void> {
    await producer.prepare(Object.values(this.topics));
    for (let i = from; i < from + count; i++) {
      const hashtag = `tag${(i * i) % 37}${i % 5 === 0 ? 'é' : ''}`;
      const start = dayStart + (i % 150) * windowMs;
      if (!this.#mention(producer, hashtag, start)) await producer.ready();
    }
    await producer.flush();
  }

  /** A ranking that has become shorter, and one that is gone. */
  async shorten(producer: RecordProducer, start: number, entries: readonly Mention[] | null): Promise<void> {
    this.#rank(producer, start, entries);
    await producer.flush();
  }

  #mention(producer: RecordProducer, hashtag: string, start: number): boolean {
    const iso = new Date(start).toISOString();
    const dayOf = start - (start % 86_400_000);
    const window = this.#windows.get(start) ?? new Map<string, number>();
    this.#windows.set(start, window.set(hashtag, (window.get(hashtag) ?? 0) + 1));
    const windowed = (size: number, at: number): Uint8Array =>
      timeWindowed(Serdes.string(), size).serialize('', { key: hashtag, window: { start: at, end: at + size } });
    this.#count(producer, 'hashtag-mentions-10m', windowed(windowMs, start), [hashtag, `${iso.slice(0, 16)}Z`]);
    this.#count(producer, 'hashtag-mentions-day', windowed(86_400_000, dayOf), [hashtag, iso.slice(0, 10)]);
    this.#count(producer, 'hashtag-mentions-all', Serdes.string().serialize('', hashtag), [hashtag, 'ALL']);
    const ranking = [...window].map(([tag, mentions]) => ({ hashtag: tag, mentions }));
    ranking.sort((a, b) => b.mentions - a.mentions || (a.hashtag < b.hashtag ? -1 : 1));
    return this.#rank(producer, start, ranking.slice(0, 10));
  }

  #count(
    producer: RecordProducer,
    topic: (typeof names)[number],
    key: Uint8Array,
    [hashtag, interval]: readonly [string, string],
  ): void {
    const counted = (this.counts.get(`${hashtag} ${interval}`) ?? 0) + 1;
    this.counts.set(`${hashtag} ${interval}`, counted);
    producer.append(this.topics[topic], partitionOf(hashtag), key, Serdes.long().serialize('', counted), dayStart);
  }

  #rank(producer: RecordProducer, windowStart: number, entries: readonly Mention[] | null): boolean {
    const topic = this.topics['trending-hashtags'];
    for (let rank = 1; rank <= 10; rank++) {
      const entry = entries?.[rank - 1];
      if (entry === undefined) this.places.delete(`${windowStart} ${rank}`);
      else this.places.set(`${windowStart} ${rank}`, `${entry.hashtag} ${entry.mentions}`);
    }
    const value = entries === null ? null : this.#trending.serialize(topic, { windowStart, entries });
    const key = Serdes.long().serialize('', windowStart);
    return producer.append(topic, (windowStart / windowMs) % partitions, key, value, dayStart);
  }
}

function partitionOf(hashtag: string): number {
  return [...hashtag].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % partitions;
}
