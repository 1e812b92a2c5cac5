/** Topics, and what their records have beside key and value. */

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record header. Names may repeat; values may be null. */
export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export type IsolationLevel = 'read_committed' | 'read_uncommitted';

/** A topic as the cluster describes it. */
export interface TopicView {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionView[];
}

export interface PartitionView {
  readonly partition: number;
  /** Node id of the leader, -1 while there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
}
