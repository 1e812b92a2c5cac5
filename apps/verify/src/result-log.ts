/** Everything a reader of the result topics has seen, in the order of the logs, and what is wrong with it. */
import { createHash, type Hash } from 'node:crypto';
import { compareCountLog, compareRankings, type CountSeen, type RankingSeen, type Span } from './compare.ts';
import type { FetchedBatch } from '@millrace/ports';
import type { Expected } from './expected.ts';
import { countOf, countTopics, rankingOf, rankingTopic } from './result-records.ts';

const spans = Object.keys(countTopics) as Span[];

export class ResultLog {
  readonly #prefix: string;
  readonly #counts: Readonly<Record<Span, CountSeen[]>> = { window: [], day: [], all: [] };
  readonly #rankings = new Map<number, RankingSeen>();
  readonly #allTime = new Map<string, number>();
  readonly #digests = new Map<string, Hash>();
  /** Records that are no results, by their place. */
  readonly #faults: string[] = [];
  readonly records = new Map<string, number>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  static topics(prefix: string): readonly string[] {
    return [...spans.map((span) => countTopics[span]), rankingTopic].map((name) => `${prefix}${name}`);
  }

  add(batch: FetchedBatch, i: number): void {
    const { topic, partition } = batch;
    const [offset, key, value] = [batch.offset(i), batch.key(i), batch.value(i)];
    this.records.set(topic, (this.records.get(topic) ?? 0) + 1);
    if (key === null || value === null) {
      this.#faults.push(`${topic}-${partition} has a record without key or value at offset ${offset}`);
      return;
    }
    this.#digest(`${topic}-${partition}`).update(`${offset} ${key.length} ${value.length} `).update(key).update(value);
    const span = spans.find((one) => topic === this.#prefix + countTopics[one]);
    if (span === undefined) this.#addRanking(rankingOf(key, value));
    else this.#addCount(span, countOf(span, key, value));
  }

  /** Sum of the all-time counts: how many mentions are counted so far. */
  get counted(): number {
    return [...this.#allTime.values()].reduce((sum, mentions) => sum + mentions, 0);
  }

  /** What differs from the fold. */
  faults(expected: Expected): string[] {
    return [
      ...this.#faults,
      ...spans.flatMap((span) => compareCountLog(countTopics[span], this.#counts[span], expected, [span])),
      ...compareRankings(rankingTopic, this.#rankings, expected),
    ];
  }

  /** Partitions that two readers have seen differently, byte for byte. */
  differencesFrom(other: ResultLog): string[] {
    const partitions = new Set([...this.#digests.keys(), ...other.#digests.keys()]);
    return [...partitions]
      .filter((name) => this.#hex(name) !== other.#hex(name))
      .map((name) => `${name}: a reader during the run saw other committed records than a reader after it`);
  }

  #addCount(span: Span, count: CountSeen): void {
    this.#counts[span].push(count);
    if (span === 'all') this.#allTime.set(count.hashtag, count.mentions);
  }

  #addRanking(ranking: RankingSeen): void {
    this.#rankings.set(ranking.windowStart, ranking);
  }

  #digest(partition: string): Hash {
    const digest = this.#digests.get(partition) ?? createHash('sha256');
    this.#digests.set(partition, digest);
    return digest;
  }

  #hex(partition: string): string | undefined {
    return this.#digests.get(partition)?.copy().digest('hex');
  }
}
