/** The group coordinator of the broker: classic groups with their offsets, by group id. */
import { Buffer } from 'node:buffer';
import { errorCodes } from '@millrace/protocol';
import type { GroupCoordination, JoiningClient } from '../group-coordination.ts';
import type { Request, Response } from '../messages.ts';
import { GroupOffsets, type OffsetRecord } from './group-offsets.ts';
import { Group, refusedJoin, type GroupPorts } from './group.ts';
import type { JoinReply, SyncReply } from './member.ts';
import { subscribedTopics } from './subscribed-topics.ts';

interface KnownGroup {
  readonly group: Group;
  readonly offsets: GroupOffsets;
}

type CommittedPartition = Request<'TxnOffsetCommit'>['topics'][number]['partitions'][number];
type OffsetTopic<P> = { readonly name: string; readonly partitions: readonly P[] };

const { NONE, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, GROUP_ID_NOT_FOUND, INVALID_GROUP_ID } = errorCodes;

export class GroupCoordinator implements GroupCoordination {
  readonly #ports: GroupPorts;
  readonly #groups = new Map<string, KnownGroup>();

  constructor(ports: GroupPorts) {
    this.#ports = ports;
  }

  join(request: Request<'JoinGroup'>, client: JoiningClient, reply: JoinReply): void {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#ports.limits;
    if (groupId === '') return reply(refusedJoin(INVALID_GROUP_ID, memberId));
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs)
      return reply(refusedJoin(errorCodes.INVALID_SESSION_TIMEOUT, memberId));
    // Whoever comes with a member id must have got it from this group.
    if (memberId !== '' && !this.#groups.has(groupId)) return reply(refusedJoin(UNKNOWN_MEMBER_ID, memberId));
    this.#known(groupId).group.join(request, client, reply);
  }

  syncGroup(request: Request<'SyncGroup'>, reply: SyncReply): void {
    const known = this.#groups.get(request.groupId);
    if (known === undefined) reply({ errorCode: UNKNOWN_MEMBER_ID, assignment: Buffer.alloc(0) });
    else known.group.sync(request, reply);
  }

  heartbeat(request: Request<'Heartbeat'>): Response<'Heartbeat'> {
    return { errorCode: this.#groups.get(request.groupId)?.group.heartbeat(request) ?? UNKNOWN_MEMBER_ID };
  }

  /** Until version 2 one member leaves, and its error is the request's. */
  leaveGroup(request: Request<'LeaveGroup'>, apiVersion: number): Response<'LeaveGroup'> {
    const group = this.#groups.get(request.groupId)?.group;
    const leave = (memberId: string, instanceId: string | null): number =>
      group?.leave(memberId, instanceId) ?? UNKNOWN_MEMBER_ID;
    if (apiVersion < 3) return { errorCode: leave(request.memberId, null), members: [] };
    const members = request.members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: leave(memberId, groupInstanceId),
    }));
    return { errorCode: NONE, members };
  }

  offsetCommit(request: Request<'OffsetCommit'>): Response<'OffsetCommit'> {
    const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId, topics } = request;
    const error = this.#commitError(groupId, { memberId, groupInstanceId, generationId }, false);
    const { offsets } = this.#forCommit(groupId, error);
    return {
      topics: this.#eachOffset(topics, error, (topic, partition, record) => offsets.commit(topic, partition, record)),
    };
  }

  txnOffsetCommit(request: Request<'TxnOffsetCommit'>): Response<'TxnOffsetCommit'> {
    const { groupId, producerId, memberId, groupInstanceId, generationId, topics } = request;
    const error = this.#commitError(groupId, { memberId, groupInstanceId, generationId }, true);
    const { offsets } = this.#forCommit(groupId, error);
    return {
      topics: this.#eachOffset(topics, error, (topic, partition, record) =>
        offsets.hold(producerId, topic, partition, record),
      ),
    };
  }

  completeTransaction(producerId: number, committed: boolean): void {
    for (const { offsets } of this.#groups.values()) offsets.complete(producerId, committed);
  }

  /** Up to version 7 the request is about one group, and the answer has its shape. */
  offsetFetch(request: Request<'OffsetFetch'>, apiVersion: number): Response<'OffsetFetch'> {
    const { requireStable } = request;
    if (apiVersion >= 8)
      return {
        groups: request.groups.map(({ groupId, topics }) => ({
          groupId,
          topics: this.#fetched(groupId, topics, requireStable),
          errorCode: NONE,
        })),
      };
    return { topics: this.#fetched(request.groupId, request.topics, requireStable), errorCode: NONE };
  }

  offsetDelete({ groupId, topics }: Request<'OffsetDelete'>): Response<'OffsetDelete'> {
    const known = this.#groups.get(groupId);
    if (known === undefined) return { errorCode: GROUP_ID_NOT_FOUND, throttleTimeMs: 0, topics: [] };
    const { group, offsets } = known;
    if (group.members.length > 0 && group.protocolType !== 'consumer')
      return { errorCode: errorCodes.NON_EMPTY_GROUP, throttleTimeMs: 0, topics: [] };
    const subscribed = subscribedTopics(group);
    const deleted = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        if (subscribed.has(name)) return { partitionIndex, errorCode: errorCodes.GROUP_SUBSCRIBED_TO_TOPIC };
        offsets.forget(name, partitionIndex);
        return { partitionIndex, errorCode: NONE };
      }),
    }));
    return { errorCode: NONE, throttleTimeMs: 0, topics: deleted };
  }

  describeGroups({ groups }: Request<'DescribeGroups'>, apiVersion: number): Response<'DescribeGroups'> {
    return { groups: groups.map((groupId) => this.#described(groupId, apiVersion)) };
  }

  listGroups({ statesFilter, typesFilter }: Request<'ListGroups'>): Response<'ListGroups'> {
    const admits = (filter: readonly string[], value: string): boolean =>
      filter.length === 0 || filter.some((one) => one.toLowerCase() === value.toLowerCase());
    const listed = [...this.#groups.values()]
      .filter(({ group }) => admits(statesFilter, group.state) && admits(typesFilter, 'classic'))
      .map(({ group: { groupId, protocolType, state } }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: 'classic',
      }));
    return { errorCode: NONE, groups: listed };
  }

  deleteGroups({ groupsNames }: Request<'DeleteGroups'>): Response<'DeleteGroups'> {
    const results = groupsNames.map((groupId) => ({ groupId, errorCode: this.#delete(groupId) }));
    return { throttleTimeMs: 0, results };
  }

  forgetTopic(topicName: string): void {
    for (const { offsets } of this.#groups.values()) offsets.forget(topicName);
  }

  restart(): void {
    for (const { group } of this.#groups.values()) group.restart();
  }

  #known(groupId: string): KnownGroup {
    const known = this.#groups.get(groupId) ?? { group: new Group(groupId, this.#ports), offsets: new GroupOffsets() };
    this.#groups.set(groupId, known);
    return known;
  }

  #delete(groupId: string): number {
    const known = this.#groups.get(groupId);
    if (known === undefined) return GROUP_ID_NOT_FOUND;
    if (known.group.state !== 'Empty') return errorCodes.NON_EMPTY_GROUP;
    this.#groups.delete(groupId);
    return NONE;
  }

  /** A group that nobody joined yet takes offsets of those who belong to no generation. */
  #commitError(groupId: string, claim: Parameters<Group['checkCommit']>[0], isTransactional: boolean): number {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known.group.checkCommit(claim, isTransactional);
    return claim.generationId < 0 ? NONE : ILLEGAL_GENERATION;
  }

  /** A refused commit makes no group. */
  #forCommit(groupId: string, error: number): { readonly offsets: GroupOffsets } {
    return error === NONE ? this.#known(groupId) : { offsets: new GroupOffsets() };
  }

  #eachOffset(
    topics: readonly OffsetTopic<CommittedPartition>[],
    error: number,
    take: (topic: string, partition: number, record: OffsetRecord) => void,
  ): { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[] {
    const { maxOffsetMetadataBytes } = this.#ports.limits;
    const answer = (topic: string, partition: CommittedPartition): number => {
      const {
        partitionIndex,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata,
      } = partition;
      const metadata = committedMetadata ?? '';
      if (error !== NONE) return error;
      if (metadata.length > maxOffsetMetadataBytes) return errorCodes.OFFSET_METADATA_TOO_LARGE;
      take(topic, partitionIndex, { offset, leaderEpoch, metadata });
      return NONE;
    };
    return topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: answer(name, partition),
      })),
    }));
  }

  /** Without topics: everything the group has. */
  #fetched(
    groupId: string,
    topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
    requireStable: boolean,
  ): { name: string; partitions: FetchedOffset[] }[] {
    const offsets = this.#groups.get(groupId)?.offsets ?? new GroupOffsets();
    const wanted =
      topics ?? [...offsets.topics].map(([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }));
    return wanted.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partition) => fetchedOffset(offsets, name, partition, requireStable)),
    }));
  }

  /** A group that is not there is dead, and an error only to clients that know it (KIP-1043). */
  #described(groupId: string, apiVersion: number): NonNullable<Response<'DescribeGroups'>['groups']>[number] {
    const group = this.#groups.get(groupId)?.group;
    if (group === undefined)
      return {
        ...noGroup,
        groupId,
        ...(apiVersion < 6 ? {} : { errorCode: GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} not found.` }),
      };
    const { state, protocolType, protocol, members } = group;
    return {
      errorCode: NONE,
      groupId,
      groupState: state,
      protocolType,
      protocolData: state === 'Stable' ? protocol : '',
      members: members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: Buffer.from(state === 'Stable' ? member.metadata(protocol) : []),
        memberAssignment: Buffer.from(state === 'Stable' ? member.assignment : []),
      })),
    };
  }
}

const noGroup = { errorCode: NONE, groupState: 'Dead', protocolType: '', protocolData: '', members: [] };

interface FetchedOffset {
  partitionIndex: number;
  committedOffset: number;
  committedLeaderEpoch: number;
  metadata: string;
  errorCode: number;
}

function fetchedOffset(offsets: GroupOffsets, topic: string, partition: number, requireStable: boolean): FetchedOffset {
  const none = {
    partitionIndex: partition,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: NONE,
  };
  if (requireStable && offsets.isUnstable(topic, partition))
    return { ...none, errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT };
  const found = offsets.get(topic, partition);
  if (found === undefined) return none;
  return { ...none, committedOffset: found.offset, committedLeaderEpoch: found.leaderEpoch, metadata: found.metadata };
}
