import type { CommittedOffset, OffsetToCommit } from './offset.ts';
import type { TopicPartition, TopicView } from './topic.ts';
import type { MillraceError } from '@millrace/base';

/** Identity of a member at one moment; it fences offset commits (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
  readonly instanceId?: string;
  /** How often the membership was lost. Within one, what was owned is claimed from generation to generation. */
  readonly membership?: number;
}

/** A member as the leader's assignor sees it. */
export interface MemberSubscription {
  readonly memberId: string;
  readonly instanceId?: string;
  readonly topics: readonly string[];
  /** Partitions the member still owns (cooperative protocol). */
  readonly owned: readonly TopicPartition[];
  /** Generation in which it owned them (-1 unknown): claims of an older generation lose. */
  readonly generation: number;
  readonly userData: Buffer;
}

/** What the assignor decided for one member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer;
}

/** The leader's decision: pure, run on one member only. */
export interface GroupAssignor {
  /** Name in the JoinGroup protocols; all members of a group need a common one. */
  readonly name: string;
  assign(
    members: readonly MemberSubscription[],
    topics: ReadonlyMap<string, TopicView>,
  ): ReadonlyMap<string, MemberAssignment> | Promise<ReadonlyMap<string, MemberAssignment>>;
}

export interface GroupOptions {
  readonly groupId: string;
  /** Static membership (KIP-345). */
  readonly instanceId?: string;
  /** Read before each JoinGroup; other ones are taken up by `rejoin`. */
  readonly topics: readonly string[];
  readonly assignor: GroupAssignor;
  /** Called before each JoinGroup. */
  readonly userData?: () => Buffer;
  /** @default 45000 */
  readonly sessionTimeoutMs?: number;
  /** @default 3000 */
  readonly heartbeatIntervalMs?: number;
  /** How long the others wait for a member to rejoin, and how long may pass between two `next()` calls before it leaves. @default 300000 */
  readonly maxPollIntervalMs?: number;
}

/**
 * What happened to the membership. The protocol is cooperative (KIP-429): partitions that stay are never taken away in between.
 *
 * - `assigned`: a generation is complete. `revoked` must be given up: commit and close their tasks, then call `released()`;
 *    the member rejoins by itself when something was revoked. `added` may be started at once. `all` is the whole assignment.
 * - `lost`: the member was thrown out (session timed out, unknown or fenced member). Everything it had belongs to others: drop without commit,
 *    then call `released()`; it rejoins by itself.
 * - `failed`: the member cannot go on (authorisation, inconsistent protocol, fenced instance id).
 */
export type GroupEvent =
  | {
      readonly type: 'assigned';
      readonly generation: number;
      readonly all: readonly TopicPartition[];
      readonly added: readonly TopicPartition[];
      readonly revoked: readonly TopicPartition[];
      readonly userData: Buffer;
    }
  | { readonly type: 'lost' }
  | { readonly type: 'failed'; readonly error: MillraceError };

/**
 * Membership in a consumer group (classic protocol). Heartbeats and joins run in the background on the clock;
 * what they bring is taken by the owner with `next`, at a moment of its choosing, so no callback ever meets a half-processed batch.
 */
export interface GroupMember {
  /** Starts joining. */
  join(): void;
  /** The next event, or undefined. Also tells that the owner is alive (maxPollIntervalMs). Never blocks. */
  next(): GroupEvent | undefined;
  /** Calls `notify` when an event waits; the owner uses it to wake its poll. */
  onEvent(notify: () => void): void;
  /** The owner has dealt with the last `assigned` or `lost` event. */
  released(): void;
  /** Asks for a new round, for instance when internal topics or user data changed. */
  rejoin(reason: string): void;
  /** The identity to fence commits with: of the newest generation this member joined. */
  metadata(): GroupMetadata;
  /**
   * Committed offsets of partitions; absent ones are left out. With `requireStable` it waits for open transactions
   * that hold offsets of these partitions (UNSTABLE_OFFSET_COMMIT, KIP-447).
   */
  committed(partitions: readonly TopicPartition[], requireStable: boolean): Promise<readonly CommittedOffset[]>;
  /** Commits offsets outside transactions (at least once). */
  commit(offsets: readonly OffsetToCommit[]): Promise<void>;
  /** Leaves the group at once. A static member (`instanceId`) only stops, to come back within its session, unless `evenStatic`. */
  leave(options?: { readonly evenStatic?: boolean }): Promise<void>;
}
