/** One round of the classic group protocol: JoinGroup, the leader's decision, SyncGroup. Each ends in one of a few ways. */
import { MillraceError, millraceError } from '@millrace/base';
import type { GroupOptions, MemberAssignment, MemberSubscription, TopicPartition } from '@millrace/ports';
import { apis, errorCodes, type ResponseOf } from '@millrace/protocol';
import { isRetriable, mayHaveArrived } from './backoff.ts';
import { brokerError, isCoordinatorMoved } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';
import type { Coordinator } from './coordinator.ts';

/** The member as it enters the round. */
export interface RoundMember {
  readonly memberId: string;
  /** Under which a generation was completed: the coordinator has it in its log. */
  readonly recordedId: string;
  readonly owned: readonly TopicPartition[];
  /** In which it owned them. */
  readonly generation: number;
  readonly reason: string;
}

/**
 * - `assigned`: the generation is complete.
 * - `again`: enter another round; at once, or after a while when something did not answer.
 * - `lost`: the group does not know the member (any more); `memberId` is what it may come back with.
 * - `failed`: another round would end the same.
 */
export type RoundEnd =
  | { readonly type: 'assigned'; readonly assignment: MemberAssignment }
  | { readonly type: 'again'; readonly atOnce: boolean }
  | { readonly type: 'lost'; readonly memberId: string }
  | { readonly type: 'failed'; readonly error: MillraceError };

type JoinResponse = ResponseOf<typeof apis.JoinGroup>;

const protocolType = 'consumer';
/** JoinGroup with static members; every broker since Kafka 2.3. */
const joinVersion = 5;
/** Beyond the time that the coordinator waits for the members. */
const graceMs = 5_000;

export class GroupRound {
  readonly #cluster: Cluster;
  readonly #coordinator: Coordinator;
  readonly #options: GroupOptions;
  readonly #lane: string;
  /** Claims to the instance id whose answers were lost. */
  #lostClaims = 0;
  readonly #joined: (memberId: string, generation: number | undefined) => void;

  /** `joined` hears of the member's id, and of the generation once JoinGroup was answered. */
  constructor(
    cluster: Cluster,
    coordinator: Coordinator,
    options: GroupOptions,
    lane: string,
    joined: (memberId: string, generation: number | undefined) => void,
  ) {
    this.#cluster = cluster;
    this.#coordinator = coordinator;
    this.#options = options;
    this.#lane = lane;
    this.#joined = joined;
  }

  /** What JoinGroup and SyncGroup may take: the coordinator holds them until all members are there. */
  get #timeoutMs(): number {
    return (this.#options.maxPollIntervalMs ?? 300_000) + graceMs;
  }

  /**
   * Whether a static member that is fenced may claim its instance id again, since it need not be another one that has it now: a coordinator that
   * failed over before the round was complete knows the member under its former id only, and a claim of its own may have arrived late.
   */
  mayClaimAgain({ memberId, recordedId }: Pick<RoundMember, 'memberId' | 'recordedId'>): boolean {
    if (memberId !== recordedId) return true;
    if (this.#lostClaims === 0) return false;
    this.#lostClaims -= 1;
    return true;
  }

  async run(member: RoundMember): Promise<RoundEnd> {
    try {
      return await this.#join(member);
    } catch (error) {
      if (isRetriable(error)) return { type: 'again', atOnce: false };
      const why = error instanceof Error ? error.message : String(error);
      const { groupId } = this.#options;
      const known = MillraceError.is(error)
        ? error
        : millraceError('MR_CLIENT_GROUP_PROTOCOL', { groupId, why }, error);
      return { type: 'failed', error: known };
    }
  }

  async #join(member: RoundMember): Promise<RoundEnd> {
    const { groupId, instanceId, topics, assignor, userData, sessionTimeoutMs = 45_000 } = this.#options;
    const { owned, memberId, reason } = member;
    const generation = owned.length === 0 ? -1 : member.generation;
    const metadata = encodeSubscription({ topics, owned, generation, userData: userData?.() ?? Buffer.alloc(0) });
    const body = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: this.#options.maxPollIntervalMs ?? 300_000,
      memberId,
      groupInstanceId: instanceId ?? null,
      protocolType,
      protocols: [{ name: assignor.name, metadata }],
      reason,
    };
    const options = { minVersion: joinVersion, timeoutMs: this.#timeoutMs };
    const { answer, node } = await this.#coordinator.call(apis.JoinGroup, body, options, this.#lane).catch((error) => {
      if (memberId === '' && instanceId !== undefined && mayHaveArrived(error)) this.#lostClaims += 1;
      throw error;
    });
    if (answer.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
      this.#joined(answer.memberId, undefined);
      return { type: 'again', atOnce: true };
    }
    if (answer.errorCode !== errorCodes.NONE) return this.#refused('JoinGroup', answer.errorCode, node, member);
    this.#joined(answer.memberId, answer.generationId);
    return this.#sync(answer, member);
  }

  async #sync(joined: JoinResponse, member: RoundMember): Promise<RoundEnd> {
    const { groupId, instanceId, assignor } = this.#options;
    const { memberId, generationId, leader, skipAssignment, protocolName, members } = joined;
    const body = {
      groupId,
      generationId,
      memberId,
      groupInstanceId: instanceId ?? null,
      protocolType,
      protocolName: protocolName ?? assignor.name,
      assignments: leader === memberId && !skipAssignment ? await this.#decide(members) : [],
    };
    const options = { minVersion: 3, timeoutMs: this.#timeoutMs };
    const { answer, node } = await this.#coordinator.call(apis.SyncGroup, body, options, this.#lane);
    if (answer.errorCode !== errorCodes.NONE)
      return this.#refused('SyncGroup', answer.errorCode, node, { ...member, memberId });
    return { type: 'assigned', assignment: decodeAssignment(answer.assignment) };
  }

  /** The leader's part. */
  async #decide(members: JoinResponse['members']): Promise<{ memberId: string; assignment: Buffer }[]> {
    const subscriptions = members.map(({ memberId, groupInstanceId, metadata }): MemberSubscription => {
      const subscription = decodeSubscription(metadata);
      return groupInstanceId === null
        ? { memberId, ...subscription }
        : { memberId, instanceId: groupInstanceId, ...subscription };
    });
    const topics = await this.#cluster.describe([...new Set(subscriptions.flatMap((member) => member.topics))], 0);
    const decided = await this.#options.assignor.assign(subscriptions, topics);
    return [...decided].map(([memberId, assigned]) => ({ memberId, assignment: encodeAssignment(assigned) }));
  }

  #refused(
    api: 'JoinGroup' | 'SyncGroup',
    code: number,
    node: number,
    member: Pick<RoundMember, 'memberId' | 'recordedId'>,
  ): RoundEnd {
    if (isCoordinatorMoved(code)) this.#coordinator.forget();
    switch (code) {
      case errorCodes.REBALANCE_IN_PROGRESS:
        return { type: 'again', atOnce: false };
      case errorCodes.UNKNOWN_MEMBER_ID:
        return { type: 'lost', memberId: '' };
      case errorCodes.ILLEGAL_GENERATION:
        return { type: 'lost', memberId: member.memberId };
      case errorCodes.FENCED_INSTANCE_ID:
        if (this.mayClaimAgain(member)) return { type: 'lost', memberId: '' };
        break;
      case errorCodes.INCONSISTENT_GROUP_PROTOCOL: {
        const { groupId, assignor } = this.#options;
        const error = millraceError('MR_CLIENT_GROUP_IN_USE', { groupId, protocol: assignor.name });
        return { type: 'failed', error };
      }
    }
    const error = brokerError(code, { api, node, about: this.#coordinator.about });
    return isRetriable(error) ? { type: 'again', atOnce: false } : { type: 'failed', error };
  }
}
