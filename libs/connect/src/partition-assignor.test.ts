import { expect, test } from '@jest/globals';
import type { MemberAssignment, MemberSubscription, TopicPartition, TopicView } from '@millrace/ports';
import fc from 'fast-check';
import { partitionAssignor } from './partition-assignor.ts';

type Assignment = ReadonlyMap<string, MemberAssignment>;

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

function topicsOf(counts: Readonly<Record<string, number>>): ReadonlyMap<string, TopicView> {
  return new Map(
    Object.entries(counts).map(([name, count]) => {
      const partitions = Array.from({ length: count }, (_, partition) => ({ partition, leader: 1, leaderEpoch: 0 }));
      return [name, { name, topicId: name, partitions }];
    }),
  );
}

function member(memberId: string, owned: readonly TopicPartition[] = [], generation = 1): MemberSubscription {
  return { memberId, topics: ['a', 'b'], owned, generation, userData: Buffer.alloc(0) };
}

const assigned = (members: readonly MemberSubscription[], topics: ReadonlyMap<string, TopicView>): Assignment =>
  partitionAssignor.assign(members, topics) as Assignment;

/** Rounds until nothing moves any more, as a cooperative group runs them. */
function settled(first: readonly MemberSubscription[], topics: ReadonlyMap<string, TopicView>) {
  let members = first;
  for (let rounds = 1; ; rounds++) {
    const before = new Map(members.flatMap(({ memberId, owned }) => owned.map((one) => [keyOf(one), memberId])));
    const next = assigned(members, topics);
    for (const [memberId, { partitions }] of next) {
      // Nobody is given what another one still has.
      for (const one of partitions) expect([undefined, memberId]).toContain(before.get(keyOf(one)));
    }
    members = members.map(({ memberId }) => member(memberId, next.get(memberId)?.partitions ?? [], rounds + 1));
    const count = members.reduce((sum, { owned }) => sum + owned.length, 0);
    if (count === 8 || rounds > 3) return { members, rounds };
  }
}

const topics = topicsOf({ a: 5, b: 3 });

test('all partitions are given, evenly, and nothing moves once it is even', () => {
  const { members, rounds } = settled([member('x'), member('y'), member('z')], topics);
  expect([members.map(({ owned }) => owned.length).sort(), rounds]).toEqual([[2, 3, 3], 1]);
  const again = assigned(members, topics);
  for (const { memberId, owned } of members)
    expect((again.get(memberId)?.partitions ?? []).map(keyOf).sort()).toEqual(owned.map(keyOf).sort());
});

test('whatever members own, two rounds make it whole and even, and each keeps what its share allows', () => {
  const owners = fc.array(fc.option(fc.constantFrom('x', 'y', 'z', 'gone')), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(owners, fc.integer({ min: 1, max: 3 }), (owner, count) => {
      const all = [...topics.values()].flatMap(({ name, partitions }) =>
        partitions.map(({ partition }) => ({ topic: name, partition })),
      );
      const names = ['x', 'y', 'z'].slice(0, count);
      const first = names.map((name) =>
        member(
          name,
          all.filter((_, i) => owner[i] === name),
        ),
      );
      const { members, rounds } = settled(first, topics);
      expect(rounds).toBeLessThanOrEqual(2);
      const sizes = members.map(({ owned }) => owned.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(new Set(members.flatMap(({ owned }) => owned.map(keyOf))).size).toBe(8);
      for (const [i, { owned }] of members.entries()) {
        const before = new Set((first[i]?.owned ?? []).map(keyOf));
        const kept = owned.filter((one) => before.has(keyOf(one))).length;
        expect(kept).toBeGreaterThanOrEqual(Math.min(before.size, Math.floor(8 / count)));
      }
    }),
  );
});

test('a claim of an older generation is void', () => {
  const at = { topic: 'a', partition: 0 };
  const next = assigned([member('old', [at], 3), member('new', [at], 4)], topicsOf({ a: 1 }));
  expect(next.get('new')?.partitions).toEqual([at]);
  expect(next.get('old')?.partitions).toEqual([]);
});

test('topics that do not exist are left out, and a member gets only what it reads', () => {
  const next = assigned([member('x'), { ...member('y'), topics: ['b'] }], topicsOf({ a: 4 }));
  expect(next.get('x')?.partitions).toHaveLength(4);
  expect(next.get('y')?.partitions).toEqual([]);
});
