import type { IsolationLevel, TopicPartition } from './topic.ts';
import type { CommittedOffset } from './offset.ts';

export interface NewTopic {
  readonly name: string;
  /** -1: the broker's default. */
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
  readonly timestamp: number;
}

export interface DescribedMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  /** What its assignor told the leader; empty while the group rebalances, and from members that are no consumers. */
  readonly userData: Buffer;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly state: string;
  /** The name of the assignor; empty while the group rebalances. */
  readonly protocol: string;
  readonly members: readonly DescribedMember[];
}

/** Administration of topics, offsets and groups. */
export interface Admin {
  /** Creates topics; one that exists already is left as it is. Resolves when their leaders are known. Returns the names it created. */
  createTopics(topics: readonly NewTopic[]): Promise<readonly string[]>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Settings of topics, defaults included: topic -> name -> value. */
  topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  alterTopicConfigs(name: string, configs: Readonly<Record<string, string | null>>): Promise<void>;
  /** A broker's settings: name -> value. */
  brokerConfigs(): Promise<ReadonlyMap<string, string>>;
  /** `latest` is the high watermark for read_uncommitted, the last stable offset for read_committed. */
  listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | { readonly timestamp: number },
    isolation: IsolationLevel,
  ): Promise<readonly PartitionOffset[]>;
  /** Deletes the records before each offset. */
  deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  groupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>;
  describeGroup(groupId: string): Promise<GroupDescription>;
  deleteGroup(groupId: string): Promise<void>;
}
