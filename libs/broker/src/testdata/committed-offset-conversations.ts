/** Offsets that groups commit outside of transactions: the same answers from a real Kafka 4.3 and from the embedded broker. */
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import { alone, group, heartbeat, join, pair, sync, type Joined } from './group-conversations.ts';
import type { Conversation } from './transaction-conversations.ts';
import type { Wire } from './wire.ts';

interface CommitOptions {
  readonly by?: Joined;
  readonly instanceId?: string;
  readonly metadata?: string | null;
  readonly partition?: number;
}

async function commit(wire: Wire, groupId: string, topic: string, offset: number, options: CommitOptions = {}): Promise<string> {
  const { by, instanceId = null, metadata = '', partition = 0 } = options;
  const { topics } = await wire.call('OffsetCommit', 7, {
    groupId,
    memberId: by?.memberId ?? '',
    generationIdOrMemberEpoch: by?.generationId ?? -1,
    groupInstanceId: instanceId,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }] }],
  });
  return errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
}

/** Offsets of a group, with their metadata; null: all that it has. */
async function fetched(wire: Wire, groupId: string, topics: Readonly<Record<string, readonly number[]>> | null) {
  const wanted = topics && Object.entries(topics).map(([name, partitionIndexes]) => ({ name, partitionIndexes: [...partitionIndexes] }));
  const { groups } = await wire.call('OffsetFetch', 8, { groups: [{ groupId, topics: wanted }] });
  const found = (groups[0]?.topics ?? []).flatMap(({ partitions }) => partitions);
  return found
    .sort((a, b) => a.partitionIndex - b.partitionIndex || a.committedOffset - b.committedOffset)
    .map(({ partitionIndex, committedOffset, metadata }) => [partitionIndex, committedOffset, metadata]);
}

async function deleted(wire: Wire, groupId: string, topic: string): Promise<string> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0 }] }];
  const answer = await wire.call('OffsetDelete', 0, { groupId, topics });
  return errorName(answer.errorCode || (answer.topics[0]?.partitions[0]?.errorCode ?? 0));
}

/** What a consumer tells the assignor: the topics it subscribes to, as Kafka's ConsumerProtocolSubscription 0 with no more to say. */
function subscription(topic: string): string {
  const bytes = Buffer.alloc(12 + topic.length);
  bytes.writeInt32BE(1, 2);
  bytes.writeInt16BE(topic.length, 6);
  bytes.write(topic, 8);
  return bytes.toString();
}

export const committedOffsetConversations: readonly Conversation[] = [
  {
    name: 'offsets come back with their metadata: those asked for, or all of the group',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic(3)];
      const codes = [
        await commit(wire, groupId, topic, 5, { metadata: 'five' }),
        await commit(wire, groupId, topic, 7, { partition: 2, metadata: null }),
        await commit(wire, groupId, topic, 1, { partition: 9 }),
      ];
      return [codes, await fetched(wire, groupId, { [topic]: [0, 1, 9] }), await fetched(wire, groupId, null)];
    },
    expected: [
      ['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
      [
        [0, 5, 'five'],
        [1, -1, ''],
        [9, -1, ''],
      ],
      [
        [0, 5, 'five'],
        [2, 7, ''],
      ],
    ],
  },
  {
    name: 'one group, all of its offsets, in the older shape of the request',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      await commit(wire, groupId, topic, 5);
      const { topics, errorCode } = await wire.call('OffsetFetch', 7, { groupId, topics: null });
      const offsets = topics.map(({ name, partitions }) => [name === topic, partitions[0]?.committedOffset]);
      const none = await wire.call('OffsetFetch', 7, { groupId: wire.unique('group'), topics: null });
      return [errorName(errorCode), offsets, errorName(none.errorCode), none.topics.length];
    },
    expected: ['NONE', [[true, 5]], 'NONE', 0],
  },
  {
    name: 'metadata has a limit',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      return [
        await commit(wire, groupId, topic, 5, { metadata: 'x'.repeat(4_096) }),
        await commit(wire, groupId, topic, 6, { metadata: 'x'.repeat(4_097) }),
        (await fetched(wire, groupId, null)).map(([, offset]) => offset),
      ];
    },
    expected: ['NONE', 'OFFSET_METADATA_TOO_LARGE', [5]],
  },
  {
    name: 'a member commits while others join, and not while its assignment is awaited',
    run: async (wire) => {
      const [groupId, other, topic] = [await group(wire), await wire.another(), await wire.topic()];
      const first = await alone(wire, groupId);
      const joining = join(other, groupId);
      while ((await heartbeat(wire, groupId, first)) !== 'REBALANCE_IN_PROGRESS') await wire.pass(10);
      const during = await commit(wire, groupId, topic, 1, { by: first });
      const again = await join(wire, groupId, { memberId: first.memberId });
      await joining;
      const stale = await commit(wire, groupId, topic, 2, { by: first });
      const early = await commit(wire, groupId, topic, 3, { by: again });
      await sync(wire, groupId, again, {});
      return [during, stale, early, await commit(wire, groupId, topic, 4, { by: again })];
    },
    expected: ['NONE', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'NONE'],
  },
  {
    name: 'an instance id that belongs to another member is fenced',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      const by = await alone(wire, groupId, { instanceId: 'i' });
      return [
        await commit(wire, groupId, topic, 1, { by, instanceId: 'i' }),
        await commit(wire, groupId, topic, 1, { by: { ...by, memberId: 'somebody' }, instanceId: 'i' }),
        await commit(wire, groupId, topic, 1, { by, instanceId: 'other' }),
      ];
    },
    expected: ['NONE', 'FENCED_INSTANCE_ID', 'UNKNOWN_MEMBER_ID'],
  },
  {
    name: 'a group with members takes no offsets of nobody; when all have left it does, and has the old ones still',
    run: async (wire) => {
      const [groupId, other, topic] = [await group(wire), await wire.another(), await wire.topic(2)];
      const [leader, follower] = await pair(wire, other, groupId);
      await sync(wire, groupId, leader, {});
      const codes = [await commit(wire, groupId, topic, 1, { by: follower }), await commit(wire, groupId, topic, 2)];
      const members = [{ memberId: leader.memberId }, { memberId: follower.memberId }];
      await wire.call('LeaveGroup', 3, { groupId, members });
      codes.push(await commit(wire, groupId, topic, 3, { partition: 1 }), await commit(wire, groupId, topic, 4, { by: leader }));
      return [codes, await fetched(wire, groupId, null)];
    },
    expected: [
      ['NONE', 'UNKNOWN_MEMBER_ID', 'NONE', 'UNKNOWN_MEMBER_ID'],
      [
        [0, 1, ''],
        [1, 3, ''],
      ],
    ],
  },
  {
    name: 'an offset that was committed after one that a transaction holds outlives the transaction',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic(2)];
      const producer = await wire.init(wire.unique('id'));
      const held = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 5, committedMetadata: 'held' }));
      await wire.call('TxnOffsetCommit', 5, { ...producer, groupId, topics: [{ name: topic, partitions: held }] });
      await commit(wire, groupId, topic, 3, { metadata: 'later' });
      const { error } = await wire.end(producer, true);
      while ((await fetched(wire, groupId, { [topic]: [1] }))[0]?.[1] !== 5) await wire.pass(5);
      return [error, await fetched(wire, groupId, { [topic]: [0, 1] })];
    },
    expected: [
      'NONE',
      [
        [0, 3, 'later'],
        [1, 5, 'held'],
      ],
    ],
  },
  {
    name: 'offsets of topics that a group of consumers reads are not deleted, others are',
    run: async (wire) => {
      const [groupId, topic, old] = [await group(wire), await wire.topic(), await wire.topic()];
      const by = await alone(wire, groupId, { protocolType: 'consumer', metadata: subscription(topic) });
      await commit(wire, groupId, topic, 1, { by });
      await commit(wire, groupId, old, 2, { by });
      const codes = [await deleted(wire, groupId, topic), await deleted(wire, groupId, old)];
      return [codes, (await fetched(wire, groupId, null)).map(([, offset]) => offset)];
    },
    expected: [['GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'], [1]],
  },
  {
    name: 'groups that are not of consumers keep their offsets while they have members',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      const by = await alone(wire, groupId, { protocolType: 'connect' });
      await commit(wire, groupId, topic, 1, { by });
      const early = await deleted(wire, groupId, topic);
      await wire.call('LeaveGroup', 3, { groupId, members: [{ memberId: by.memberId }] });
      return [early, await deleted(wire, groupId, topic), await fetched(wire, groupId, null)];
    },
    expected: ['NON_EMPTY_GROUP', 'NONE', []],
  },
  {
    name: 'a group of offsets only is listed, and takes them along when it is deleted',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      await commit(wire, groupId, topic, 1);
      const { groups } = await wire.call('ListGroups', 5, { typesFilter: ['Classic'] });
      const listed = groups.filter((one) => one.groupId === groupId).map((one) => [one.groupState, one.protocolType, one.groupType]);
      await wire.call('DeleteGroups', 2, { groupsNames: [groupId] });
      return [listed, await fetched(wire, groupId, { [topic]: [0] })];
    },
    expected: [[['Empty', '', 'classic']], [[0, -1, '']]],
  },
  {
    name: 'a deleted topic takes the offsets of all groups along',
    run: async (wire) => {
      const [groupId, topic] = [await group(wire), await wire.topic()];
      await commit(wire, groupId, topic, 1);
      await wire.call('DeleteTopics', 5, { topicNames: [topic], timeoutMs: 10_000 });
      for (let tries = 0; (await fetched(wire, groupId, null)).length > 0 && tries < 100; tries++) await wire.pass(50);
      return fetched(wire, groupId, null);
    },
    expected: [],
  },
];
