/** The group coordinator against the table of answers that a real Kafka 4.3 gave, and what takes time or a restart. */
import { describe, expect, test } from '@jest/globals';
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import { talk } from '../testdata/embedded.ts';
import { committedOffsetConversations } from '../testdata/committed-offset-conversations.ts';
import { groupConversations } from '../testdata/group-conversations.ts';
import { roundConversations } from '../testdata/round-conversations.ts';
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
  test.each([...groupConversations, ...roundConversations, ...committedOffsetConversations])(
    '$name',
    async ({ run, expected }) => {
      expect(await talk(run)).toEqual(expected);
    },
  );

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

  test('the first round waits for more members: the delay once, and again after each that came', async () => {
    const initialRebalanceDelayMs = 3_000;
    const answers = await talk(
      async (wire) => {
        const began = wire.ports.clock.now();
        const [second, third] = [await wire.another(), await wire.another()];
        const first = join(wire);
        await wire.pass(2_000);
        const joined = [first, join(second)];
        await wire.pass(3_000);
        const all = await Promise.all([...joined, join(third)]);
        return [all.map(({ generationId }) => generationId), wire.ports.clock.now() - began];
      },
      { initialRebalanceDelayMs },
    );
    expect(answers).toEqual([[1, 1, 1], 9_000]);
  });

  test('a member that has fallen silent is thrown out in its time, though a round begins meanwhile', async () => {
    const answers = await talk(async (wire) => {
      const [first, other] = [await join(wire), await wire.another()];
      await sync(wire, first);
      await wire.pass(sessionTimeoutMs / 2);
      const began = wire.ports.clock.now();
      const second = await join(other);
      return [second.generationId, wire.ports.clock.now() - began];
    });
    expect(answers).toEqual([2, sessionTimeoutMs / 2]);
  });

  test('a restart of the broker leaves offsets as they are, those that a transaction holds too', async () => {
    const answers = await talk(async (before, broker) => {
      const [topic, producer] = [await before.topic(), await before.init('id')];
      const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }];
      await before.call('TxnOffsetCommit', 5, { ...producer, groupId, topics: [{ name: topic, partitions }] });
      broker.restart();
      const wire = await before.another();
      const fetch = async () => {
        const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }];
        const answer = await wire.call('OffsetFetch', 8, { groups, requireStable: true });
        const found = answer.groups[0]?.topics[0]?.partitions[0];
        return [errorName(found?.errorCode ?? -1), found?.committedOffset];
      };
      const held = await fetch();
      await wire.end(producer, true);
      await wire.pass(100);
      return [held, await fetch()];
    });
    expect(answers).toEqual([
      ['UNSTABLE_OFFSET_COMMIT', -1],
      ['NONE', 7],
    ]);
  });
});
