/** The group coordinator against the table of answers that a real Kafka 4.3 gave, and what takes time or a restart. */
import { describe, expect, test } from '@jest/globals';
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import { talk } from '../testdata/embedded.ts';
import { groupConversations } from '../testdata/group-conversations.ts';
import type { Wire } from '../testdata/wire.ts';

const groupId = 'g';
const sessionTimeoutMs = 10_000;

async function join(wire: Wire, given = '') {
  const protocols = [{ name: 'any', metadata: Buffer.from('m') }];
  const request = { groupId, sessionTimeoutMs, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols };
  const memberId = given || (await wire.call('JoinGroup', 5, { ...request, memberId: '' })).memberId;
  return wire.call('JoinGroup', 5, { ...request, memberId });
}

async function sync(wire: Wire, { memberId, generationId }: { memberId: string; generationId: number }) {
  const assignments = [{ memberId, assignment: Buffer.from('all') }];
  return wire.call('SyncGroup', 3, { groupId, generationId, memberId, assignments });
}

async function heartbeat(wire: Wire, { memberId, generationId }: { memberId: string; generationId: number }) {
  return errorName((await wire.call('Heartbeat', 3, { groupId, generationId, memberId })).errorCode);
}

async function state(wire: Wire): Promise<string> {
  return (await wire.call('DescribeGroups', 4, { groups: [groupId] })).groups[0]?.groupState ?? '';
}

describe('groups', () => {
  test.each(groupConversations)('$name', async ({ run, expected }) => {
    expect(await talk(run)).toEqual(expected);
  });

  test('a member that is not heard of for its session is thrown out, and not before', async () => {
    const answers = await talk(async (wire) => {
      const member = await join(wire);
      await sync(wire, member);
      await wire.pass(sessionTimeoutMs - 1);
      const alive = await heartbeat(wire, member);
      await wire.pass(sessionTimeoutMs - 1);
      const still = await heartbeat(wire, member);
      await wire.pass(sessionTimeoutMs + 1);
      return [alive, still, await heartbeat(wire, member), await state(wire)];
    });
    expect(answers).toEqual(['NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'Empty']);
  });

  test('a round does not wait longer than the rebalance time-out for a member that does not come', async () => {
    const answers = await talk(async (wire) => {
      const [first, other] = [await join(wire), await wire.another()];
      await sync(wire, first);
      const joining = join(other);
      for (let i = 0; i < 5; i++) {
        await wire.pass(sessionTimeoutMs / 2);
        await heartbeat(wire, first);
      }
      const second = await joining;
      return [second.generationId, second.leader === second.memberId, await heartbeat(wire, first)];
    });
    expect(answers).toEqual([2, true, 'UNKNOWN_MEMBER_ID']);
  });

  test('an id that was given out and never used holds a round up for a session only', async () => {
    const answers = await talk(async (wire) => {
      const first = await join(wire);
      await sync(wire, first);
      await wire.call('JoinGroup', 5, { groupId, sessionTimeoutMs, rebalanceTimeoutMs: 30_000, memberId: '', protocolType: 'consumer', protocols: [{ name: 'any', metadata: Buffer.from('m') }] }); // prettier-ignore
      const began = wire.ports.clock.now();
      const again = await join(wire, first.memberId);
      return [again.generationId, wire.ports.clock.now() - began];
    });
    expect(answers).toEqual([2, sessionTimeoutMs]);
  });

  test('a restart of the broker keeps the last complete generation and forgets a round under way', async () => {
    const answers = await talk(async (before, broker) => {
      const member = await join(before);
      await sync(before, member);
      await join(before, member.memberId);
      broker.restart();
      const wire = await before.another();
      const known = await heartbeat(wire, member);
      const assignment = Buffer.from((await sync(wire, member)).assignment).toString();
      await wire.pass(sessionTimeoutMs + 1);
      return [known, assignment, await heartbeat(wire, member)];
    });
    expect(answers).toEqual(['NONE', 'all', 'UNKNOWN_MEMBER_ID']);
  });
});
