/** Reads and writes the committed offsets of a group outside transactions. */
import { millraceError, type MillraceError } from '@millrace/base';
import type { CommittedOffset, GroupMetadata, OffsetToCommit, TopicPartition } from '@millrace/ports';
import { apis, errorCodes, errorName } from '@millrace/protocol';
import { answeredBackoff, backoffMs } from './backoff.ts';
import { brokerError, isCoordinatorMoved, throwOnError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import type { Coordinator } from './coordinator.ts';
import type { Lifetime } from './lifetime.ts';
import { offsetTopics } from './offset-topics.ts';
import { byTopic, partitionName } from './topic-partitions.ts';

/** Later versions have topic ids instead of names. */
const lastNamedVersion = 9;
/** OffsetFetch with several groups. */
const groupsVersion = 8;
/** OffsetFetch that can wait for open transactions. */
const stableVersion = 7;
const patienceMs = 5_000;

interface FetchedOffset extends CommittedOffset {
  readonly errorCode: number;
}

const fencing: ReadonlySet<number> = new Set<number>([
  errorCodes.ILLEGAL_GENERATION,
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.FENCED_INSTANCE_ID,
]);

/** Offsets of one group, at its coordinator. */
export class CommittedOffsets {
  readonly #cluster: Cluster;
  readonly #coordinator: Coordinator;
  readonly #groupId: string;
  readonly #lifetime: Lifetime;

  constructor(cluster: Cluster, coordinator: Coordinator, groupId: string, lifetime: Lifetime) {
    this.#cluster = cluster;
    this.#coordinator = coordinator;
    this.#groupId = groupId;
    this.#lifetime = lifetime;
  }

  /** Committed offsets, of all partitions when none are named. Waits for open transactions where asked to (KIP-447). */
  async fetch(
    partitions: readonly TopicPartition[] | null,
    requireStable: boolean,
  ): Promise<readonly CommittedOffset[]> {
    if (partitions?.length === 0) return [];
    const { clock, random, logger } = this.#cluster.ports;
    const sinceMs = clock.monotonic();
    let toldAtMs = sinceMs;
    for (let attempt = 0; ; attempt++) {
      const offsets = await this.#retrying(() => this.#fetchOnce(partitions, requireStable));
      const unstable = offsets.filter(({ errorCode }) => errorCode === errorCodes.UNSTABLE_OFFSET_COMMIT);
      if (unstable.length === 0) {
        return offsets
          .filter(({ offset }) => offset >= 0)
          .map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset, metadata }));
      }
      if (clock.monotonic() - toldAtMs > patienceMs) {
        toldAtMs = clock.monotonic();
        logger.log('info', 'Waiting for an open transaction that holds committed offsets.', {
          groupId: this.#groupId,
          partitions: unstable.map(partitionName),
          waitedMs: Math.round(toldAtMs - sinceMs),
        });
      }
      await this.#lifetime.sleep(backoffMs(answeredBackoff, attempt, random));
      if (this.#lifetime.ended) throw millraceError('MR_CLIENT_CLOSED', { what: `member of group ${this.#groupId}` });
    }
  }

  /** Commits as a member. */
  commit(offsets: readonly OffsetToCommit[], member: GroupMetadata): Promise<void> {
    if (offsets.length === 0) return Promise.resolve();
    return this.#retrying(() => this.#commitOnce(offsets, member));
  }

  #retrying<T>(run: () => Promise<T>): Promise<T> {
    return this.#cluster.retrying(run, this.#lifetime);
  }

  async #fetchOnce(partitions: readonly TopicPartition[] | null, requireStable: boolean): Promise<FetchedOffset[]> {
    const topics =
      partitions === null
        ? null
        : byTopic(partitions).map(([name, own]) => ({ name, partitionIndexes: own.map(({ partition }) => partition) }));
    const groupId = this.#groupId;
    const body = (version: number) =>
      version >= groupsVersion ? { groups: [{ groupId, topics }], requireStable } : { groupId, topics, requireStable };
    const options = { minVersion: requireStable ? stableVersion : 2, maxVersion: lastNamedVersion };
    const { answer, node } = await this.#coordinator.call(apis.OffsetFetch, body, options);
    const group = answer.groups[0] ?? answer;
    this.#check(group.errorCode, node, this.#coordinator.about);
    const offsets: FetchedOffset[] = [];
    for (const { name: topic, partitions: found } of group.topics) {
      for (const { partitionIndex: partition, committedOffset: offset, metadata, errorCode } of found) {
        const one = { topic, partition, offset, metadata: metadata ?? '', errorCode };
        if (errorCode !== errorCodes.UNSTABLE_OFFSET_COMMIT) this.#check(errorCode, node, partitionName(one));
        offsets.push(one);
      }
    }
    return offsets;
  }

  #check(code: number, node: number, about: string): void {
    if (isCoordinatorMoved(code)) this.#coordinator.forget();
    throwOnError(code, { api: 'OffsetFetch', node, about });
  }

  async #commitOnce(offsets: readonly OffsetToCommit[], member: GroupMetadata): Promise<void> {
    const body = {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: member.generation,
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      topics: offsetTopics(offsets),
    };
    const { answer, node } = await this.#coordinator.call(apis.OffsetCommit, body, { maxVersion: lastNamedVersion });
    for (const { name: topic, partitions } of answer.topics) {
      for (const { partitionIndex: partition, errorCode } of partitions) {
        if (errorCode !== errorCodes.NONE)
          throw this.#commitError(errorCode, node, partitionName({ topic, partition }), member);
      }
    }
  }

  #commitError(code: number, node: number, about: string, { memberId, generation }: GroupMetadata): MillraceError {
    if (isCoordinatorMoved(code)) this.#coordinator.forget();
    if (fencing.has(code)) {
      const details = { groupId: this.#groupId, memberId, generation, error: errorName(code) };
      return millraceError('MR_CLIENT_GROUP_FENCED', details);
    }
    // Between JoinGroup and SyncGroup nobody may commit; the round is over soon.
    const retriable = code === errorCodes.REBALANCE_IN_PROGRESS;
    const position = { api: 'OffsetCommit', node, about };
    if (retriable) return millraceError('MR_CLIENT_BROKER_RETRIABLE', { ...position, error: errorName(code) });
    return brokerError(code, position);
  }
}
