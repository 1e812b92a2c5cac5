import { describe, expect, test } from '@jest/globals';
import type { GroupAssignor, GroupEvent, GroupMember, GroupOptions, TopicPartition } from '@millrace/ports';
import { decodeSubscription, encodeAssignment } from './consumer-protocol.ts';
import { ScriptedCluster, type ResponseBody } from './testdata/scripted-broker.ts';

const none: GroupAssignor = { name: 'none', assign: () => new Map() };
const partitions = (...numbers: number[]): TopicPartition[] => numbers.map((partition) => ({ topic: 't', partition }));
const assignment = (...numbers: number[]): ResponseBody<'SyncGroup'> => ({
  assignment: encodeAssignment({ partitions: partitions(...numbers), userData: Buffer.from('u') }),
});

/** A group in which others lead; generations follow each other. */
function grouped(...assignments: ResponseBody<'SyncGroup'>[]): ScriptedCluster {
  const cluster = new ScriptedCluster()
    .on('JoinGroup', ({ memberId }, { nth }) =>
      memberId === ''
        ? { errorCode: 79, memberId: `member-${nth}` }
        : { memberId, generationId: nth, leader: 'other', protocolName: 'none' },
    )
    .answers('SyncGroup', ...assignments)
    .answers('Heartbeat', {})
    .answers('LeaveGroup', {});
  cluster.topics.set('t', { leaders: [0, 0, 0] });
  return cluster;
}

async function joined(cluster: ScriptedCluster, options: Partial<GroupOptions> = {}): Promise<GroupMember> {
  const client = cluster.client();
  await cluster.clock.until(client.connect());
  const member = client.group({ groupId: 'g', topics: ['t'], assignor: none, ...options });
  member.join();
  return member;
}

async function nextEvent(cluster: ScriptedCluster, member: GroupMember): Promise<GroupEvent> {
  for (let i = 0; i < 2_000; i++) {
    const event = member.next();
    if (event !== undefined) return event;
    await cluster.clock.pass(50);
  }
  throw new Error('no event within 100 s');
}

describe('joining', () => {
  test('the id that the coordinator gives is used, the subscription holds topics and user data', async () => {
    const cluster = grouped(assignment(0, 1));
    const member = await joined(cluster, { userData: () => Buffer.from('mine'), instanceId: 'static' });
    expect(await nextEvent(cluster, member)).toEqual({
      type: 'assigned',
      generation: 1,
      all: partitions(0, 1),
      added: partitions(0, 1),
      revoked: [],
      userData: Buffer.from('u'),
    });
    const [first, second] = cluster.requests('JoinGroup').map(({ body }) => body);
    expect([first?.memberId, second?.memberId]).toEqual(['', 'member-0']);
    expect(second).toMatchObject({
      protocolType: 'consumer',
      groupInstanceId: 'static',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 300_000,
    });
    expect(decodeSubscription(second?.protocols[0]?.metadata as Buffer)).toEqual({
      topics: ['t'],
      userData: Buffer.from('mine'),
      owned: [],
      generation: -1,
    });
    const identity = { groupId: 'g', memberId: 'member-0', generation: 1, instanceId: 'static', membership: 0 };
    expect(member.metadata()).toEqual(identity);
  });

  test('the leader runs the assignor on what the members said', async () => {
    const cluster = grouped(assignment(0));
    const assignor: GroupAssignor = {
      name: 'mine',
      assign: (members, topics) =>
        new Map(
          members.map(({ memberId }) => [
            memberId,
            { partitions: partitions(topics.size), userData: Buffer.from(memberId) },
          ]),
        ),
    };
    cluster.on('JoinGroup', ({ protocols }) => ({
      memberId: 'm',
      leader: 'm',
      generationId: 4,
      protocolName: 'mine',
      members: ['m', 'n'].map((memberId) => ({ memberId, metadata: protocols[0]?.metadata ?? Buffer.alloc(0) })),
    }));
    await nextEvent(cluster, await joined(cluster, { assignor }));
    expect(cluster.requests('SyncGroup')[0]?.body).toMatchObject({
      generationId: 4,
      protocolType: 'consumer',
      protocolName: 'mine',
      assignments: ['m', 'n'].map((memberId) => ({
        memberId,
        assignment: encodeAssignment({ partitions: partitions(1), userData: Buffer.from(memberId) }),
      })),
    });
  });

  test.each([
    [82, 'MR_CLIENT_FENCED', 'FENCED_INSTANCE_ID'],
    [23, 'MR_CLIENT_GROUP_IN_USE', "than 'none'"],
    [30, 'MR_CLIENT_NOT_AUTHORIZED', 'group g'],
  ])('error %d ends it with a name', async (errorCode, code, says) => {
    const cluster = grouped().answers('JoinGroup', { errorCode });
    const event = await nextEvent(cluster, await joined(cluster));
    expect(event).toMatchObject({ type: 'failed', error: { code, message: expect.stringContaining(says) } });
    await cluster.clock.pass(10_000);
    expect(cluster.requests('JoinGroup')).toHaveLength(1);
  });

  test('a coordinator that moves, loads or breaks off is found again', async () => {
    const cluster = grouped(assignment(0)).on('JoinGroup', ({ memberId }, { nth }) =>
      nth === 0
        ? 'close'
        : nth < 3
          ? { errorCode: 13 + nth }
          : { memberId: memberId || 'm', generationId: 9, leader: 'other', protocolName: 'none' },
    );
    expect(await nextEvent(cluster, await joined(cluster))).toMatchObject({ type: 'assigned', generation: 9 });
  });
});

describe('a cooperative rebalance', () => {
  test('what is revoked is released before the member claims the rest and joins again', async () => {
    const cluster = grouped(assignment(0, 1, 2), assignment(0), assignment(0));
    cluster.on('Heartbeat', (_request, { nth }) => (nth === 0 ? { errorCode: 27 } : {}));
    const member = await joined(cluster);
    await nextEvent(cluster, member);
    const event = await nextEvent(cluster, member);
    expect(event).toMatchObject({
      type: 'assigned',
      generation: 2,
      all: partitions(0),
      added: [],
      revoked: partitions(1, 2),
    });
    const joins = cluster.requests('JoinGroup').length;
    await cluster.clock.pass(60_000);
    // It waits for its owner, and stays a member meanwhile.
    expect(cluster.requests('JoinGroup')).toHaveLength(joins);
    expect(cluster.requests('Heartbeat').length).toBeGreaterThan(15);
    member.released();
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'assigned', generation: 3, added: [], revoked: [] });
    const last = cluster.requests('JoinGroup').at(-1)?.body;
    expect(last?.reason).toContain('revoked');
    expect(decodeSubscription(last?.protocols[0]?.metadata as Buffer)).toMatchObject({
      owned: partitions(0),
      generation: 2,
    });
  });

  test('released before the event is taken releases nothing', async () => {
    const cluster = grouped(assignment(0, 1), assignment(0), assignment(0));
    const member = await joined(cluster);
    await nextEvent(cluster, member);
    member.rejoin('a test');
    await cluster.clock.pass(500);
    member.released();
    await cluster.clock.pass(500);
    expect(cluster.requests('JoinGroup')).toHaveLength(3);
  });

  test('while JoinGroup is out the old generation stays the identity for commits', async () => {
    const cluster = grouped(assignment(0), assignment(0));
    const member = await joined(cluster);
    await nextEvent(cluster, member);
    const before = member.metadata();
    cluster.on('JoinGroup', () => 'silence');
    member.rejoin('a test');
    await cluster.clock.pass(1_000);
    expect(cluster.requests('JoinGroup')).toHaveLength(3);
    expect(member.metadata()).toEqual(before);
  });
});

describe('losing membership', () => {
  test.each([
    ['Heartbeat', 25, ''],
    ['Heartbeat', 22, 'member-0'],
    ['JoinGroup', 25, ''],
    ['SyncGroup', 25, ''],
  ] as const)(
    '%s %d: everything is lost, and it comes back as %j once that is dealt with',
    async (api, errorCode, id) => {
      const cluster = grouped(assignment(0), assignment(1));
      const member = await joined(cluster);
      await nextEvent(cluster, member);
      const fence = member.metadata();
      if (api === 'Heartbeat') cluster.answers('Heartbeat', { errorCode });
      if (api === 'SyncGroup') cluster.answers('SyncGroup', { errorCode });
      if (api === 'JoinGroup') cluster.answers('JoinGroup', { errorCode });
      if (api !== 'Heartbeat') member.rejoin('a test');
      expect(await nextEvent(cluster, member)).toEqual({ type: 'lost' });
      // Late commits must be refused by the broker, not slip through without an identity.
      expect(member.metadata().memberId).toBe(fence.memberId);
      const joins = cluster.requests('JoinGroup').length;
      await cluster.clock.pass(10_000);
      expect(cluster.requests('JoinGroup')).toHaveLength(joins);
      member.released();
      await cluster.clock.pass(1_000);
      const again = cluster.requests('JoinGroup')[joins]?.body;
      expect(again?.memberId).toBe(id);
      expect(decodeSubscription(again?.protocols[0]?.metadata as Buffer).owned).toEqual([]);
    },
  );

  test('a static member takes its place over again when the coordinator has forgotten that it did', async () => {
    // The coordinator fails over between JoinGroup and SyncGroup: what it has in its log is the member of before.
    const cluster = grouped().answers('SyncGroup', 'close', { errorCode: 82 }, assignment(0));
    cluster.on('JoinGroup', ({ memberId }, { nth }) =>
      nth === 1 ? { errorCode: 82 } : { memberId: memberId || `member-${nth}`, generationId: nth, leader: 'other' },
    );
    const member = await joined(cluster, { instanceId: 'static' });
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'assigned', added: partitions(0) });
    const ids = cluster.requests('JoinGroup').map(({ body }) => body.memberId);
    expect(ids).toEqual(['', 'member-0', '', '']);
    // From now on it is in the log: who is fenced then has a successor.
    cluster.answers('JoinGroup', { errorCode: 82 });
    member.rejoin('a test');
    expect(await nextEvent(cluster, member)).toMatchObject({
      type: 'failed',
      error: { details: { error: 'FENCED_INSTANCE_ID' } },
    });
  });

  test('a static member whose late claim has fenced it claims its place once more, and only once', async () => {
    const cluster = grouped(assignment(0)).answers('Heartbeat', { errorCode: 82 });
    cluster.on('JoinGroup', ({ memberId }, { nth }) =>
      nth === 0 ? 'close' : { memberId: memberId || `member-${nth}`, generationId: nth, leader: 'other' },
    );
    const member = await joined(cluster, { instanceId: 'static' });
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'assigned' });
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'lost' });
    member.released();
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'assigned' });
    expect(cluster.requests('JoinGroup').map(({ body }) => body.memberId)).toEqual(['', '', '']);
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'failed', error: { code: 'MR_CLIENT_FENCED' } });
  });

  test('an owner that stops asking makes the member leave; the owner hears of it when it asks again', async () => {
    const cluster = grouped(assignment(0), assignment(0));
    const member = await joined(cluster, { maxPollIntervalMs: 10_000 });
    await nextEvent(cluster, member);
    await cluster.clock.pass(20_000);
    expect(cluster.requests('LeaveGroup')).toHaveLength(1);
    const heartbeats = cluster.requests('Heartbeat').length;
    await cluster.clock.pass(20_000);
    expect(cluster.requests('Heartbeat')).toHaveLength(heartbeats);
    expect(member.next()).toEqual({ type: 'lost' });
    member.released();
    expect(await nextEvent(cluster, member)).toMatchObject({ type: 'assigned', added: partitions(0) });
    // Another membership, whatever its ids: what is late of the first must not pass under the second.
    expect(member.metadata().membership).toBe(1);
  });
});

describe('leaving', () => {
  test.each([
    ['a member says goodbye', undefined, undefined, ['member-0']],
    ['a static member only stops', 'static', undefined, []],
    ['a static member that goes for good says so', 'static', true, ['member-0']],
  ] as const)('%s', async (_name, instanceId, evenStatic, goodbyes) => {
    const cluster = grouped(assignment(0));
    const member = await joined(cluster, instanceId === undefined ? {} : { instanceId });
    await nextEvent(cluster, member);
    await cluster.clock.until(member.leave(evenStatic === undefined ? {} : { evenStatic }));
    expect(cluster.requests('LeaveGroup').map(({ body }) => body.members[0]?.memberId)).toEqual(goodbyes);
    const heartbeats = cluster.requests('Heartbeat').length;
    await cluster.clock.pass(20_000);
    expect(cluster.requests('Heartbeat')).toHaveLength(heartbeats);
  });
});

describe('committed offsets', () => {
  const offsetsOf = (errorCode: number, committedOffset = 5): ResponseBody<'OffsetFetch'> => ({
    groups: [
      {
        groupId: 'g',
        topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset, metadata: 'm', errorCode }] }],
      },
    ],
  });

  test('P5: stable offsets are waited for while a transaction holds them (88)', async () => {
    const cluster = grouped(assignment(0)).answers('OffsetFetch', offsetsOf(88), offsetsOf(88), offsetsOf(0));
    const member = await joined(cluster);
    expect(await cluster.clock.until(member.committed(partitions(0), true))).toEqual([
      { topic: 't', partition: 0, offset: 5, metadata: 'm' },
    ]);
    expect(cluster.requests('OffsetFetch').map(({ body }) => body.requireStable)).toEqual([true, true, true]);
  });

  test('partitions without a committed offset are left out', async () => {
    const cluster = grouped(assignment(0)).answers('OffsetFetch', offsetsOf(0, -1));
    expect(await cluster.clock.until((await joined(cluster)).committed(partitions(0), false))).toEqual([]);
  });

  test.each([
    [22, 'MR_CLIENT_GROUP_FENCED', 'fenced'],
    [25, 'MR_CLIENT_GROUP_FENCED', 'fenced'],
    [29, 'MR_CLIENT_NOT_AUTHORIZED', 'user'],
  ])('a commit that is refused with %d is %s', async (errorCode, code, severity) => {
    const cluster = grouped(assignment(0)).answers('OffsetCommit', {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode }] }],
    });
    const member = await joined(cluster);
    await nextEvent(cluster, member);
    const refused = member.commit([{ topic: 't', partition: 0, offset: 1, metadata: '' }]);
    await expect(cluster.clock.until(refused)).rejects.toMatchObject({ code, severity });
  });

  test('a commit in the middle of a round (27) is tried again when the round is over', async () => {
    const reply = (errorCode: number) => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode }] }] });
    const cluster = grouped(assignment(0)).answers('OffsetCommit', reply(27), reply(16), reply(0));
    const member = await joined(cluster);
    await nextEvent(cluster, member);
    await cluster.clock.until(member.commit([{ topic: 't', partition: 0, offset: 1, metadata: '' }]));
    expect(cluster.requests('OffsetCommit')).toHaveLength(3);
  });
});
