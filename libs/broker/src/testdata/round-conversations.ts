/** Rounds of classic groups, where something comes in between: the same answers from a real Kafka 4.3 and from the embedded broker. */
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import { alone, group, heartbeat, join, joinOnce, pair, state, sync, type Joined } from './group-conversations.ts';
import type { Conversation } from './transaction-conversations.ts';
import type { Wire } from './wire.ts';

const rebalanceTimeoutMs = 1_000;

/** Joins as a member that knows several protocols and whose rounds are short. */
async function joinWith(wire: Wire, groupId: string, names: readonly string[], given = ''): Promise<Joined> {
  for (let memberId = given; ;) {
    const answer = await wire.call('JoinGroup', 5, {
      groupId,
      memberId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs,
      protocolType: 'consumer',
      protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
    });
    if (answer.errorCode === 0 || memberId !== '') return answer;
    memberId = answer.memberId;
  }
}

/** Waits until a member is told that a round has begun. */
async function round(wire: Wire, groupId: string, member: Joined): Promise<void> {
  while ((await heartbeat(wire, groupId, member)) !== 'REBALANCE_IN_PROGRESS') await wire.pass(10);
}

const errorOf = ({ errorCode }: { readonly errorCode: number }): string => errorName(errorCode);

export const roundConversations: readonly Conversation[] = [
  {
    name: 'the protocol is the one that most prefer among those that all know',
    run: async (wire) => {
      const groupId = await group(wire);
      const [second, third] = [await wire.another(), await wire.another()];
      const first = await joinWith(wire, groupId, ['mine', 'b', 'a']);
      await sync(wire, groupId, first, {});
      const others = [joinWith(second, groupId, ['a', 'b']), joinWith(third, groupId, ['a', 'b'])];
      await round(wire, groupId, first);
      await wire.pass(100);
      const again = await joinWith(wire, groupId, ['mine', 'b', 'a'], first.memberId);
      const all = [again, ...(await Promise.all(others))];
      const leader = all.find(({ members }) => members.length > 0);
      return [all.map(({ protocolName }) => protocolName), leader?.members.map(({ metadata }) => metadata.toString())];
    },
    expected: [
      ['a', 'a', 'a'],
      ['a', 'a', 'a'],
    ],
  },
  {
    name: 'who waits for its assignment is told when the next round begins',
    run: async (wire) => {
      const [groupId, other, third] = [await group(wire), await wire.another(), await wire.another()];
      const [leader, follower] = await pair(wire, other, groupId);
      const waiting = sync(other, groupId, follower);
      await wire.pass(50);
      const joining = join(third, groupId);
      const told = await waiting;
      const late = await sync(wire, groupId, leader, { [leader.memberId]: 'a' });
      const all = [join(wire, groupId, { memberId: leader.memberId }), join(other, groupId, { memberId: follower.memberId }), joining];
      return [told, late, (await Promise.all(all)).map(({ generationId }) => generationId)];
    },
    expected: ['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS', [3, 3, 3]],
  },
  {
    name: 'before the assignment, who joins again unchanged gets the same generation, changed begins a new one',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const [leader, follower] = await pair(wire, other, groupId);
      const same = await join(other, groupId, { memberId: follower.memberId, metadata: 'second' });
      const leads = await join(wire, groupId, { memberId: leader.memberId, metadata: 'first' });
      const changed = join(other, groupId, { memberId: follower.memberId, metadata: 'changed' });
      await round(wire, groupId, leader);
      const both = await Promise.all([join(wire, groupId, { memberId: leader.memberId, metadata: 'first' }), changed]);
      return [same.generationId, leads.generationId, leads.members.length, both.map(({ generationId }) => generationId)];
    },
    expected: [2, 2, 2, [3, 3]],
  },
  {
    name: 'who joins and never asks for its assignment is thrown out when the time for a round is over',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const first = await joinWith(wire, groupId, ['a']);
      await sync(wire, groupId, first, {});
      const joining = joinWith(other, groupId, ['a']);
      await round(wire, groupId, first);
      const leader = await joinWith(wire, groupId, ['a'], first.memberId);
      const silent = await joining;
      const own = await sync(wire, groupId, leader, { [leader.memberId]: 'all' });
      const before = await heartbeat(other, groupId, silent);
      await wire.pass(rebalanceTimeoutMs + 300);
      return [own, before, await heartbeat(wire, groupId, leader), await heartbeat(other, groupId, silent)];
    },
    expected: ['all', 'NONE', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'],
  },
  {
    name: 'an id that was given out and not used can be given back: the round goes on without it',
    run: async (wire) => {
      const [groupId, other] = [await group(wire), await wire.another()];
      const member = await alone(wire, groupId);
      const { memberId } = await joinOnce(other, groupId);
      const again = join(wire, groupId, { memberId: member.memberId });
      await wire.pass(100);
      const waiting = await state(other, groupId);
      const left = await other.call('LeaveGroup', 3, { groupId, members: [{ memberId }] });
      return [waiting, left.members.map(errorOf), (await again).generationId];
    },
    expected: ['PreparingRebalance', ['NONE'], 2],
  },
  {
    name: 'older clients leave alone, and their error is that of the request',
    run: async (wire) => {
      const groupId = await group(wire);
      const { memberId } = await alone(wire, groupId);
      const leave = async () => errorOf(await wire.call('LeaveGroup', 2, { groupId, memberId }));
      return [await leave(), await leave(), await state(wire, groupId)];
    },
    expected: ['NONE', 'UNKNOWN_MEMBER_ID', 'Empty'],
  },
  {
    name: 'a static member that comes back in the middle of a round: the one before is told at once (KIP-345)',
    run: async (wire) => {
      const [groupId, other, third] = [await group(wire), await wire.another(), await wire.another()];
      const first = await alone(wire, groupId);
      const before = joinOnce(other, groupId, { instanceId: 'i' });
      await round(wire, groupId, first);
      const after = joinOnce(third, groupId, { instanceId: 'i' });
      const told = errorOf(await before);
      const both = await Promise.all([join(wire, groupId, { memberId: first.memberId }), after]);
      return [told, both.map(({ generationId }) => generationId), both[0]?.members.length];
    },
    expected: ['FENCED_INSTANCE_ID', [2, 2], 2],
  },
  {
    name: 'a static member that comes back with another protocol begins a round; its place stays its own',
    run: async (wire) => {
      const groupId = await group(wire);
      const before = await alone(wire, groupId, { instanceId: 'i' });
      const other = await joinOnce(wire, groupId, { instanceId: 'i', protocol: 'other' });
      const same = await joinOnce(wire, groupId, { instanceId: 'i', metadata: 'changed' });
      const stranger = await joinOnce(wire, groupId, { instanceId: 'i', memberId: before.memberId });
      const left = await wire.call('LeaveGroup', 3, { groupId, members: [{ memberId: before.memberId, groupInstanceId: 'i' }] });
      return [errorOf(other), errorOf(same), same.generationId, errorOf(stranger), left.members.map(errorOf)];
    },
    expected: ['INCONSISTENT_GROUP_PROTOCOL', 'NONE', 1, 'FENCED_INSTANCE_ID', ['FENCED_INSTANCE_ID']],
  },
  {
    name: 'a group that is not there',
    run: async (wire) => {
      const groupId = await group(wire);
      const nobody = { groupId, memberId: 'm', generationId: 1 };
      const described = async (version: number) => {
        const { groups } = await wire.call('DescribeGroups', version, { groups: [groupId] });
        const [found] = groups;
        return [errorName(found?.errorCode ?? -1), found?.groupState, found?.errorMessage?.replace(groupId, 'G') ?? ''];
      };
      const left = await wire.call('LeaveGroup', 3, { groupId, members: [{ memberId: 'm' }] });
      const removed = await wire.call('DeleteGroups', 2, { groupsNames: [groupId, ''] });
      return [
        errorOf(await joinOnce(wire, groupId, { memberId: 'm' })),
        errorOf(await wire.call('SyncGroup', 3, { ...nobody, assignments: [] })),
        errorOf(await wire.call('Heartbeat', 3, nobody)),
        [errorOf(left), left.members.map(errorOf)],
        await described(5),
        await described(6),
        removed.results.map(errorOf),
        errorOf(await wire.call('OffsetDelete', 0, { groupId, topics: [] })),
      ];
    },
    expected: [
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
      ['NONE', ['UNKNOWN_MEMBER_ID']],
      ['NONE', 'Dead', ''],
      ['GROUP_ID_NOT_FOUND', 'Dead', 'Group G not found.'],
      ['GROUP_ID_NOT_FOUND', 'GROUP_ID_NOT_FOUND'],
      'GROUP_ID_NOT_FOUND',
    ],
  },
];
