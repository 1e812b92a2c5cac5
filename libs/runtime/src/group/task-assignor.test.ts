import { describe, expect, test } from '@jest/globals';
import type { MemberSubscription } from '@millrace/ports';
import type { ApplicationPlan, InputTopic } from '../application/application-plan.ts';
import { decodeVerdict, encodeMemberData } from './member-data.ts';
import { assignTasks } from './task-assignor.ts';

const input: InputTopic = { topic: 't', subtopology: 0, partitions: 4, internal: false, offsetReset: null };
const plan = {
  groups: [{ subtopology: 0, tasks: 4, inputs: [input] }],
  inputs: new Map([['t', input]]),
} as unknown as ApplicationPlan;

function member(memberId: string, owned: readonly number[], fingerprint = 'f', generation = 1): MemberSubscription {
  return {
    memberId,
    topics: ['t'],
    owned: owned.map((partition) => ({ topic: 't', partition })),
    generation,
    userData: encodeMemberData({ processId: `process-${memberId}`, thread: 0, fingerprint, stored: {} }),
  } as unknown as MemberSubscription;
}

function decided(...members: MemberSubscription[]): Record<string, unknown> {
  return Object.fromEntries(
    [...assignTasks(plan, members)].map(([id, { partitions, userData }]) => {
      const { refusedFor, mustRejoin } = decodeVerdict(userData);
      return [id, { has: partitions.map(({ partition }) => partition), refusedFor, mustRejoin }];
    }),
  );
}

describe('assignTasks', () => {
  test('spreads tasks evenly and leaves them where they are', () => {
    expect(decided(member('a', []), member('b', []))).toEqual({ a: { has: [0, 2] }, b: { has: [1, 3] } });
    expect(decided(member('a', [3, 1]), member('b', [0, 2]))).toEqual({ a: { has: [1, 3] }, b: { has: [0, 2] } });
  });

  test('gives a task that is to move to nobody, and its owner is told to join again: it may forget by itself', () => {
    expect(decided(member('a', [0, 1, 2, 3]), member('b', []))).toEqual({
      a: { has: [0, 1], mustRejoin: true },
      b: { has: [] },
    });
    expect(decided(member('a', [0, 1]), member('b', []))).toEqual({ a: { has: [0, 1] }, b: { has: [2, 3] } });
  });

  test('refuses a member of another topology, which gives up what it has', () => {
    expect(decided(member('a', [0, 1, 2, 3]), member('b', [], 'other'))).toEqual({
      a: { has: [0, 1, 2, 3] },
      b: { has: [], refusedFor: 'f' },
    });
  });

  test('tells all members when one asks that all end', () => {
    const asking = member('b', []);
    const data = encodeMemberData({ processId: 'b', thread: 0, fingerprint: 'f', stored: {}, shutdown: true });
    const verdicts = [...assignTasks(plan, [member('a', [0, 1, 2, 3]), { ...asking, userData: data }]).values()];
    expect(verdicts.map(({ userData }) => decodeVerdict(userData).shutdown)).toEqual([true, true]);
  });

  test('takes the newest of several claims to a task', () => {
    const { a, b } = decided(member('a', [0, 1, 2, 3], 'f', 1), member('b', [0, 1, 2, 3], 'f', 2));
    expect(a).toEqual({ has: [] });
    expect(b).toEqual({ has: [0, 1], mustRejoin: true });
  });
});
