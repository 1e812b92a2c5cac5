/** Positions of a group in its inputs. */
import type { TopicPartition } from './topic.ts';

/** An input position to commit: the next offset to read, with metadata (JVM: base64 of partition time). */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch?: number;
  readonly metadata: string;
}

/** A committed position; `metadata` as it was committed. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}
