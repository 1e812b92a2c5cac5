/** What a takeover check asks a cluster. What the cluster does not allow is not an end: it becomes a finding with the right that is missing. */
import { MillraceError } from '@millrace/base';
import type { CommittedOffset, KafkaClient, PartitionOffset, TopicPartition } from '@millrace/ports';
import { partitionsTo } from '../application/application-plan.ts';
import type { StreamsConfig } from '../settings/config.ts';
import type { TopicSettings } from '../application/internal-cleanup.ts';
import { unseen, type About, type Finding } from './finding.ts';

const patienceMs = 500;

/** A part of a log. */
export interface LogRange {
  readonly first: number;
  readonly end: number;
}

export class ClusterLooks {
  readonly client: KafkaClient;
  readonly #config: StreamsConfig;
  readonly #refusals = new Map<string, Finding>();

  constructor(client: KafkaClient, config: StreamsConfig) {
    this.client = client;
    this.#config = config;
  }

  /** What could not be looked at so far, each once. */
  get refusals(): readonly Finding[] {
    return [...this.#refusals.values()];
  }

  /** Partitions of the topics that there are; null for those that must not be looked at. */
  async partitionCounts(about: About, names: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    const all = await this.#allowed(() => this.#countsOf(names));
    if (all !== undefined) return all;
    const found = new Map<string, number | null>();
    for (const name of names) {
      const one = await this.#allowed(() => this.#countsOf([name]));
      for (const [topic, count] of one ?? [[name, null] as const]) found.set(topic, count);
    }
    const refused = names.filter((name) => found.get(name) === null);
    if (refused.length > 0)
      this.#refuse(about, `Topics cannot be looked at: ${refused.join(', ')}.`, this.#topicRights('Describe', refused));
    return found;
  }

  /** Settings of topics; none where they must not be looked at. */
  async settings(names: readonly string[]): Promise<TopicSettings> {
    const all = await this.#allowed(() => this.client.admin.topicConfigs(names));
    if (all !== undefined) return all;
    const found = new Map<string, ReadonlyMap<string, string>>();
    const refused: string[] = [];
    for (const name of names) {
      const one = await this.#allowed(() => this.client.admin.topicConfigs([name]));
      if (one === undefined) refused.push(name);
      else found.set(name, one.get(name) ?? new Map());
    }
    const text = `Settings of topics cannot be looked at: ${refused.join(', ')}. Whether their cleanup.policy and retention fit is not known.`;
    this.#refuse('internal topics', text, this.#topicRights('DescribeConfigs', refused));
    return found;
  }

  /** Undefined when they must not be looked at. */
  async committed(): Promise<readonly CommittedOffset[] | undefined> {
    const { applicationId } = this.#config;
    return this.ofGroup('offsets', 'Committed offsets', () => this.client.admin.groupOffsets(applicationId));
  }

  /** Something of the group; undefined when it must not be looked at. */
  async ofGroup<T>(about: About, what: string, look: () => Promise<T>): Promise<T | undefined> {
    const { applicationId } = this.#config;
    const found = await this.#allowed(look);
    if (found === undefined)
      this.#refuse(
        about,
        `${what} of group ${applicationId} cannot be looked at.`,
        this.#rights(`--operation Describe --group ${applicationId}`),
      );
    return found;
  }

  /** Something that is in topics; undefined when they must not be read. */
  async reading<T>(topics: readonly string[], look: () => Promise<T>): Promise<T | undefined> {
    const found = await this.#allowed(look);
    if (found === undefined)
      this.#refuse('internal topics', 'Changelogs cannot be read.', this.#topicRights('Read', topics));
    return found;
  }

  /** First offset and end of each partition, by `topic-partition`. */
  async logs(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, LogRange>> {
    const firsts = await this.client.admin.listOffsets(partitions, 'earliest', 'read_uncommitted');
    const ends = offsetsByName(await this.client.admin.listOffsets(partitions, 'latest', 'read_uncommitted'));
    return new Map(firsts.map((one) => [nameOf(one), { first: one.offset, end: ends.get(nameOf(one)) ?? one.offset }]));
  }

  /** Whether anything that was committed is in any of these; one record is enough. */
  async holdRecords(partitions: readonly TopicPartition[]): Promise<boolean> {
    const ends = offsetsByName(await this.client.admin.listOffsets(partitions, 'latest', 'read_committed'));
    const firsts = await this.client.admin.listOffsets(partitions, 'earliest', 'read_committed');
    const left = firsts.filter((one) => one.offset < (ends.get(nameOf(one)) ?? 0));
    const fetcher = this.client.fetcher({ isolation: 'read_committed' });
    try {
      fetcher.assign(left);
      while (left.some((one) => (fetcher.position(one) ?? 0) < (ends.get(nameOf(one)) ?? 0)))
        for (const { count } of await fetcher.poll(patienceMs)) if (count > 0) return true;
      return false;
    } finally {
      await fetcher.close();
    }
  }

  /** Partitions of topics on which a transaction is open. */
  async openPartitions(partitions: readonly TopicPartition[]): Promise<readonly TopicPartition[]> {
    const stable = await this.client.admin.listOffsets(partitions, 'latest', 'read_committed');
    const ends = offsetsByName(await this.client.admin.listOffsets(partitions, 'latest', 'read_uncommitted'));
    return stable.filter((one) => one.offset < (ends.get(nameOf(one)) ?? 0));
  }

  async #countsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (names.length === 0) return new Map();
    const views = await this.client.topics(names, { maxAgeMs: 0 });
    return new Map([...views].map(([name, { partitions }]) => [name, partitions.length]));
  }

  async #allowed<T>(look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      if (MillraceError.is(error) && error.code === 'MR_CLIENT_NOT_AUTHORIZED') return undefined;
      throw error;
    }
  }

  #refuse(about: About, text: string, remedy: string): void {
    this.#refusals.set(text, unseen(about, text, remedy));
  }

  #topicRights(operation: string, topics: readonly string[]): string {
    const { applicationId } = this.#config;
    const isOwn = topics.every((name) => name.startsWith(`${applicationId}-`));
    const names = isOwn
      ? `--topic ${applicationId}- --resource-pattern-type prefixed`
      : topics.map((name) => `--topic ${name}`).join(' ');
    return this.#rights(`--operation ${operation} ${names}`);
  }

  #rights(what: string): string {
    const servers = this.#config.bootstrapServers.join(',');
    return `kafka-acls.sh --bootstrap-server ${servers} --add --allow-principal User:NAME ${what}`;
  }
}

/** All partitions of topics whose counts are known. */
export function partitionsOf(
  topics: readonly string[],
  counts: ReadonlyMap<string, number | null>,
): readonly TopicPartition[] {
  return topics.flatMap((topic) => partitionsTo(topic, counts.get(topic) ?? 0));
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function offsetsByName(offsets: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(offsets.map((one) => [nameOf(one), one.offset]));
}
