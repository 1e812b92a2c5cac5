/** Committed offsets of groups. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int64, string, uuid } from '../wire/field.ts';

/** OffsetCommit, API key 8. */
export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexible: '8+',
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32('0+', { default: -1 }),
    memberId: string(),
    retentionTimeMs: int64('2-4', { default: -1, ignorable: true }),
    groupInstanceId: string('7+', { nullable: '7+' }),
    topics: array({
      name: string('2-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: '0+' }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array({
      name: string('2-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});

/** OffsetFetch, API key 9. */
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    groupId: string('1-7'),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      '1-7',
      { nullable: '2+' },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string('9+', { nullable: '9+', ignorable: true }),
        memberEpoch: int32('9+', { default: -1, ignorable: true }),
        topics: array(
          {
            name: string('8-9', { ignorable: true }),
            topicId: uuid('10+', { ignorable: true }),
            partitionIndexes: array(int32()),
          },
          '0+',
          { nullable: '8+' },
        ),
      },
      '8+',
    ),
    requireStable: boolean('7+'),
  },
  response: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
          metadata: string('0+', { nullable: '0+' }),
          errorCode: int16(),
        }),
      },
      '1-7',
    ),
    errorCode: int16('2-7'),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string('8-9', { ignorable: true }),
          topicId: uuid('10+', { ignorable: true }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32('0+', { default: -1 }),
            metadata: string('0+', { nullable: '8+' }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      '8+',
    ),
  },
});

/** OffsetDelete, API key 47. */
export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: '0-0',
  request: {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});
