/** Offsets in transactions and outside: the same answers from a real Kafka 4.3 and from the embedded broker. */
import { Buffer } from 'node:buffer';
import { errorName } from '@millrace/protocol';
import type { Conversation } from './transaction-conversations.ts';
import type { Producer, Wire } from './wire.ts';

interface Member {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
}

const nobody = { generationId: -1, memberId: '' };

/** Until the coordinator is done with the transaction before, as a client does. */
const commitIn = async (wire: Wire, producer: Producer, topic: string, offset: number, member: Member, version = 5) => {
  for (;;) {
    const { topics } = await wire.call('TxnOffsetCommit', version, {
      ...producer,
      ...(version >= 3 ? member : { groupId: member.groupId }),
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }] }],
    });
    const error = errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
    if (error !== 'CONCURRENT_TRANSACTIONS') return error;
    await wire.pass(5);
  }
};

const fetched = async (wire: Wire, groupId: string, topic: string, requireStable: boolean) => {
  const { groups } = await wire.call('OffsetFetch', 8, {
    groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }],
    requireStable,
  });
  const partition = groups[0]?.topics[0]?.partitions[0];
  return [errorName(partition?.errorCode ?? -1), partition?.committedOffset];
};

const stableOffset = async (wire: Wire, groupId: string, topic: string): Promise<number> => {
  for (;;) {
    const [error, offset] = await fetched(wire, groupId, topic, true);
    if (error === 'NONE') return offset as number;
    await wire.pass(5);
  }
};

const addOffsets = async (wire: Wire, producer: Producer, groupId: string): Promise<string> => {
  for (;;) {
    const { errorCode } = await wire.call('AddOffsetsToTxn', 3, { ...producer, groupId });
    if (errorName(errorCode) !== 'CONCURRENT_TRANSACTIONS') return errorName(errorCode);
    await wire.pass(5);
  }
};

const commit = async (wire: Wire, member: Member, topic: string, offset: number, version = 7): Promise<string> => {
  const { groupId, memberId, generationId } = member;
  const { topics } = await wire.call('OffsetCommit', version, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: generationId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }],
  });
  return errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
};

/** Joins a group as its only member. */
async function joined(wire: Wire, groupId: string): Promise<Member> {
  const protocols = [{ name: 'any', metadata: Buffer.from('m') }];
  const request = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', protocols };
  let memberId = '';
  for (;;) {
    const answer = await wire.call('JoinGroup', 5, { ...request, memberId });
    memberId = answer.memberId;
    if (answer.errorCode !== 0) continue;
    const { generationId } = answer;
    await wire.call('SyncGroup', 3, { groupId, generationId, memberId, assignments: [{ memberId, assignment: Buffer.from('a') }] });
    return { groupId, generationId, memberId };
  }
}

async function started(wire: Wire): Promise<{ topic: string; producer: Producer; groupId: string }> {
  const topic = await wire.topic();
  const groupId = wire.unique('group');
  await wire.call('FindCoordinator', 3, { key: groupId, keyType: 0 });
  return { topic, groupId, producer: await wire.init(wire.unique('id')) };
}

export const offsetConversations: readonly Conversation[] = [
  {
    name: 'v2: TxnOffsetCommit v5 needs no AddOffsetsToTxn; the offset is there after the commit, and stable then',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      const before = await commit(wire, { groupId, ...nobody }, topic, 3);
      const held = await commitIn(wire, producer, topic, 7, { groupId, ...nobody });
      const pending = [await fetched(wire, groupId, topic, true), await fetched(wire, groupId, topic, false)];
      const end = await wire.end(producer, true);
      return [before, held, ...pending, end.error, await stableOffset(wire, groupId, topic)];
    },
    expected: ['NONE', 'NONE', ['UNSTABLE_OFFSET_COMMIT', -1], ['NONE', 3], 'NONE', 7],
  },
  {
    name: 'v2: an aborted offset was never there',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      await commitIn(wire, producer, topic, 7, { groupId, ...nobody });
      await wire.end(producer, false);
      return stableOffset(wire, groupId, topic);
    },
    expected: -1,
  },
  {
    name: 'v2: a late TxnOffsetCommit with the ended epoch, and one of a zombie, are refused',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      await commitIn(wire, producer, topic, 7, { groupId, ...nobody });
      await wire.end(producer, true);
      await stableOffset(wire, groupId, topic);
      const late = await commitIn(wire, producer, topic, 8, { groupId, ...nobody });
      await wire.init(producer.transactionalId);
      return [late, await commitIn(wire, producer, topic, 8, { groupId, ...nobody })];
    },
    expected: ['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_EPOCH'],
  },
  {
    name: 'TxnOffsetCommit v4 without AddOffsetsToTxn is abortable, v3 is told the state',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      return [
        await commitIn(wire, producer, topic, 7, { groupId, ...nobody }, 4),
        await commitIn(wire, producer, topic, 7, { groupId, ...nobody }, 3),
      ];
    },
    expected: ['TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE'],
  },
  {
    name: 'v1: AddOffsetsToTxn, TxnOffsetCommit v4, EndTxn v4; a late TxnOffsetCommit is abortable',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      const added = await addOffsets(wire, producer, groupId);
      const held = await commitIn(wire, producer, topic, 7, { groupId, ...nobody }, 4);
      const end = await wire.end(producer, true, 4);
      const offset = await stableOffset(wire, groupId, topic);
      return [added, held, end.error, offset, await commitIn(wire, producer, topic, 8, { groupId, ...nobody }, 4)];
    },
    expected: ['NONE', 'NONE', 'NONE', 7, 'TRANSACTION_ABORTABLE'],
  },
  {
    name: 'members are fenced by generation and id; who names neither is let through',
    run: async (wire) => {
      const { topic, producer, groupId } = await started(wire);
      const member = await joined(wire, groupId);
      return [
        await commitIn(wire, producer, topic, 1, member),
        await commitIn(wire, producer, topic, 2, { ...member, generationId: member.generationId + 1 }),
        await commitIn(wire, producer, topic, 3, { ...member, memberId: 'somebody' }),
        await commitIn(wire, producer, topic, 4, { groupId, ...nobody }),
        await commit(wire, member, topic, 5),
        await commit(wire, { ...member, generationId: member.generationId + 1 }, topic, 5),
        await commit(wire, { ...member, memberId: 'somebody' }, topic, 5),
        await commit(wire, { groupId, ...nobody }, topic, 5),
      ];
    },
    expected: [
      'NONE',
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'NONE',
      'NONE',
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
    ],
  },
  {
    name: 'offsets of topics that do not exist are refused',
    run: async (wire) => {
      const { producer, groupId } = await started(wire);
      return [
        await commit(wire, { groupId, ...nobody }, wire.unique('missing'), 5),
        await commitIn(wire, producer, wire.unique('missing'), 5, { groupId, ...nobody }),
      ];
    },
    expected: ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'],
  },
  {
    name: 'offsets name topics by id from version 10 on',
    run: async (wire) => {
      const { topic, groupId } = await started(wire);
      const metadata = await wire.call('Metadata', 12, { topics: [{ name: topic }] });
      const topicId = metadata.topics[0]?.topicId ?? '';
      const partitions = [{ partitionIndex: 0, committedOffset: 9, committedMetadata: 'm' }];
      const unknownId = 'AAAAAAAAAAAAAAAAAAAAAg';
      const committed = await wire.call('OffsetCommit', 10, {
        groupId,
        topics: [
          { topicId, partitions },
          { topicId: unknownId, partitions },
        ],
      });
      const { groups } = await wire.call('OffsetFetch', 10, {
        groups: [{ groupId, topics: [{ topicId, partitionIndexes: [0] }, { topicId: unknownId, partitionIndexes: [0] }] }],
      });
      const codes = (list: readonly { readonly topicId: string; readonly partitions: readonly { readonly errorCode: number }[] }[]) =>
        list.map((one) => [one.topicId === topicId, errorName(one.partitions[0]?.errorCode ?? -1)]).sort();
      return [
        codes(committed.topics),
        codes(groups[0]?.topics ?? []),
        groups[0]?.topics.find((one) => one.topicId === topicId)?.partitions[0]?.committedOffset,
      ];
    },
    expected: [
      [
        [false, 'UNKNOWN_TOPIC_ID'],
        [true, 'NONE'],
      ],
      [
        [false, 'UNKNOWN_TOPIC_ID'],
        [true, 'NONE'],
      ],
      9,
    ],
  },
];
