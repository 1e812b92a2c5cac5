/** Classic groups: the same answers from a real Kafka 4.3 and from the embedded broker. */
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import type { Conversation } from './transaction-conversations.ts';
import type { ResponseBody, Wire } from './wire.ts';

export type Joined = ResponseBody<'JoinGroup'>;

export interface JoinOptions {
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly metadata?: string;
  readonly protocol?: string;
  readonly protocolType?: string;
  readonly version?: number;
}

/** JoinGroup as it is, without the second request that a member id needs. Of a type of its own: a broker reads what consumers tell each other. */
export function joinOnce(wire: Wire, groupId: string, options: JoinOptions = {}): Promise<Joined> {
  const { memberId = '', instanceId = null, metadata = 'm', protocol = 'any', protocolType = 'test', version = 5 } = options;
  return wire.call('JoinGroup', version, {
    groupId,
    memberId,
    ...(version >= 5 ? { groupInstanceId: instanceId } : {}),
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType,
    protocols: [{ name: protocol, metadata: Buffer.from(metadata) }],
  });
}

/** Joins, with the member id that the first answer gives. */
export async function join(wire: Wire, groupId: string, options: JoinOptions = {}): Promise<Joined> {
  for (let memberId = options.memberId ?? ''; ;) {
    const answer = await joinOnce(wire, groupId, { ...options, memberId });
    if (answer.errorCode === 0 || (memberId !== '' && memberId === answer.memberId)) return answer;
    memberId = answer.memberId;
  }
}

export async function sync(wire: Wire, groupId: string, { memberId, generationId }: Joined, assignments: Readonly<Record<string, string>> = {}) {
  const { errorCode, assignment } = await wire.call('SyncGroup', 3, {
    groupId,
    generationId,
    memberId,
    assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
  });
  return errorCode === 0 ? Buffer.from(assignment).toString() : errorName(errorCode);
}

export async function heartbeat(wire: Wire, groupId: string, { memberId, generationId }: Pick<Joined, 'memberId' | 'generationId'>, instanceId: string | null = null) {
  const { errorCode } = await wire.call('Heartbeat', 3, { groupId, generationId, memberId, groupInstanceId: instanceId });
  return errorName(errorCode);
}

/** A group of one member that has its assignment. */
export async function alone(wire: Wire, groupId: string, options: JoinOptions = {}): Promise<Joined> {
  const member = await join(wire, groupId, options);
  await sync(wire, groupId, member, { [member.memberId]: 'all' });
  return member;
}

/** Two members of one generation, the leader first; nobody has synced. */
export async function pair(wire: Wire, other: Wire, groupId: string): Promise<readonly [leader: Joined, follower: Joined]> {
  const first = await alone(wire, groupId, { metadata: 'first' });
  const second = join(other, groupId, { metadata: 'second' });
  while ((await heartbeat(wire, groupId, first)) !== 'REBALANCE_IN_PROGRESS') await wire.pass(10);
  const again = await join(wire, groupId, { memberId: first.memberId, metadata: 'first' });
  return [again, await second];
}

export async function group(wire: Wire): Promise<string> {
  const groupId = wire.unique('group');
  while ((await wire.call('FindCoordinator', 3, { key: groupId, keyType: 0 })).errorCode !== 0) await wire.pass(50);
  // The coordinator may still be loading its partition of offsets.
  while ((await heartbeat(wire, groupId, { memberId: '', generationId: 0 })) === 'COORDINATOR_LOAD_IN_PROGRESS') await wire.pass(50);
  return groupId;
}

export async function state(wire: Wire, groupId: string): Promise<string> {
  const { groups } = await wire.call('DescribeGroups', 4, { groups: [groupId] });
  return groups[0]?.groupState ?? '';
}

export const groupConversations: readonly Conversation[] = [
  {
    name: 'a member is given its id first (KIP-394), then a generation of its own, then its assignment',
    run: async (wire) => {
      const groupId = await group(wire);
      const asked = await joinOnce(wire, groupId);
      const stranger = await joinOnce(wire, groupId, { memberId: 'somebody' });
      const member = await joinOnce(wire, groupId, { memberId: asked.memberId });
      const facts = [member.generationId, member.leader === member.memberId, member.protocolName, member.members.length];
      const waiting = await state(wire, groupId);
      const assignment = await sync(wire, groupId, member, { [member.memberId]: 'all' });
      return [errorName(asked.errorCode), errorName(stranger.errorCode), facts, waiting, assignment, await state(wire, groupId)];
    },
    expected: ['MEMBER_ID_REQUIRED', 'UNKNOWN_MEMBER_ID', [1, true, 'any', 1], 'CompletingRebalance', 'all', 'Stable'],
  },
  {
    name: 'an older client joins without being given an id first',
    run: async (wire) => {
      const groupId = await group(wire);
      const { errorCode, generationId, memberId } = await joinOnce(wire, groupId, { version: 3 });
      return [errorName(errorCode), generationId, memberId.startsWith('wire-')];
    },
    expected: ['NONE', 1, true],
  },
  {
    name: 'the leader gets the members with their metadata; the follower waits for its assignment',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const [leader, follower] = await pair(wire, other, groupId);
      const metadata = leader.members.map((one) => Buffer.from(one.metadata).toString()).sort();
      const waiting = sync(other, groupId, follower);
      const own = await sync(wire, groupId, leader, { [leader.memberId]: 'a', [follower.memberId]: 'b' });
      const facts = [leader.generationId, follower.generationId, follower.members.length, follower.leader === leader.memberId];
      return [facts, metadata, own, await waiting, await sync(other, groupId, follower)];
    },
    expected: [[2, 2, 0, true], ['first', 'second'], 'a', 'b', 'b'],
  },
  {
    name: 'a follower that joins again unchanged gets the same generation; the leader begins a new one',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const [leader, follower] = await pair(wire, other, groupId);
      const waiting = sync(other, groupId, follower);
      await sync(wire, groupId, leader, { [leader.memberId]: 'a', [follower.memberId]: 'b' });
      await waiting;
      const same = await join(other, groupId, { memberId: follower.memberId, metadata: 'second' });
      const next = join(wire, groupId, { memberId: leader.memberId, metadata: 'first' });
      while ((await heartbeat(other, groupId, follower)) !== 'REBALANCE_IN_PROGRESS') await wire.pass(10);
      const late = await sync(other, groupId, follower);
      const both = [join(other, groupId, { memberId: follower.memberId, metadata: 'second' }), next];
      return [same.generationId, late, ...(await Promise.all(both)).map(({ generationId }) => generationId)];
    },
    expected: [2, 'REBALANCE_IN_PROGRESS', 3, 3],
  },
  {
    name: 'a member that leaves begins a new round for the others; the last one leaves the group empty',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const [leader, follower] = await pair(wire, other, groupId);
      const leave = (members: readonly { memberId: string }[]) => wire.call('LeaveGroup', 3, { groupId, members });
      const left = await leave([{ memberId: follower.memberId }, { memberId: 'somebody' }]);
      const told = await heartbeat(wire, groupId, leader);
      const again = await join(wire, groupId, { memberId: leader.memberId });
      await leave([{ memberId: leader.memberId }]);
      return [left.members.map(({ errorCode }) => errorName(errorCode)), told, again.generationId, again.members.length, await state(wire, groupId)];
    },
    expected: [['NONE', 'UNKNOWN_MEMBER_ID'], 'REBALANCE_IN_PROGRESS', 3, 1, 'Empty'],
  },
  {
    name: 'members of another generation, of another protocol, and strangers are refused',
    run: async (wire) => {
      const groupId = await group(wire);
      const member = await alone(wire, groupId);
      const stale = { ...member, generationId: member.generationId - 1 };
      const wrong = await wire.call('SyncGroup', 5, {
        groupId,
        memberId: member.memberId,
        generationId: member.generationId,
        protocolType: 'test',
        protocolName: 'other',
        assignments: [],
      });
      return [
        await heartbeat(wire, groupId, stale),
        await heartbeat(wire, groupId, { ...member, memberId: 'somebody' }),
        await sync(wire, groupId, stale),
        errorName(wrong.errorCode),
        errorName((await joinOnce(wire, groupId, { protocol: 'other' })).errorCode),
        errorName((await joinOnce(wire, groupId, { protocolType: 'connect' })).errorCode),
        await heartbeat(wire, groupId, member),
      ];
    },
    expected: [
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'ILLEGAL_GENERATION',
      'INCONSISTENT_GROUP_PROTOCOL',
      'INCONSISTENT_GROUP_PROTOCOL',
      'INCONSISTENT_GROUP_PROTOCOL',
      'NONE',
    ],
  },
  {
    name: 'a static member that comes back takes its place over without a new round; its old id is fenced (KIP-345)',
    run: async (wire) => {
      const groupId = await group(wire);
      const before = await alone(wire, groupId, { instanceId: 'i' });
      const after = await joinOnce(wire, groupId, { instanceId: 'i' });
      const facts = [after.generationId, after.memberId !== before.memberId, after.members.length];
      const old = await heartbeat(wire, groupId, before, 'i');
      const assignment = await sync(wire, groupId, after);
      const named = await wire.call('LeaveGroup', 3, { groupId, members: [{ memberId: '', groupInstanceId: 'i' }] });
      return [facts, old, assignment, errorName(named.members[0]?.errorCode ?? -1), await state(wire, groupId)];
    },
    expected: [[1, true, 0], 'FENCED_INSTANCE_ID', 'all', 'NONE', 'Empty'],
  },
  {
    name: 'a static leader of version 9 is told to skip the assignment (KIP-814)',
    run: async (wire) => {
      const groupId = await group(wire);
      await alone(wire, groupId, { instanceId: 'i' });
      const after = await joinOnce(wire, groupId, { instanceId: 'i', version: 9 });
      return [after.generationId, after.leader === after.memberId, after.skipAssignment, after.members.length];
    },
    expected: [1, true, true, 1],
  },
  {
    name: 'a group is deleted when it is empty only',
    run: async (wire) => {
      const groupId = await group(wire);
      const member = await alone(wire, groupId);
      const remove = async () => errorName((await wire.call('DeleteGroups', 1, { groupsNames: [groupId] })).results[0]?.errorCode ?? -1);
      const early = await remove();
      await wire.call('LeaveGroup', 3, { groupId, members: [{ memberId: member.memberId }] });
      const { groups } = await wire.call('ListGroups', 4, { statesFilter: ['Empty'] });
      const listed = groups.some((one) => one.groupId === groupId && one.groupState === 'Empty');
      return [early, listed, await remove(), await remove()];
    },
    expected: ['NON_EMPTY_GROUP', true, 'NONE', 'GROUP_ID_NOT_FOUND'],
  },
  {
    name: 'bad requests',
    run: async (wire) => {
      const groupId = await group(wire);
      const protocols = [{ name: 'any', metadata: Buffer.from('m') }];
      const request = { groupId, memberId: '', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'test', protocols };
      const answers = [
        await wire.call('JoinGroup', 5, { ...request, groupId: '' }),
        await wire.call('JoinGroup', 5, { ...request, sessionTimeoutMs: 1 }),
        await wire.call('JoinGroup', 5, { ...request, protocols: [] }),
        await wire.call('JoinGroup', 5, { ...request, protocolType: '' }),
      ];
      return answers.map(({ errorCode }) => errorName(errorCode));
    },
    expected: ['INVALID_GROUP_ID', 'INVALID_SESSION_TIMEOUT', 'INCONSISTENT_GROUP_PROTOCOL', 'INCONSISTENT_GROUP_PROTOCOL'],
  },
];
