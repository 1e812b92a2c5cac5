/** Offsets by time, and by leader epoch (KIP-320). */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, int8, string } from '../wire/field.ts';

/** ListOffsets, API key 2. */
export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: '1-11',
  flexible: '6+',
  request: {
    replicaId: int32('0+', { default: -1 }),
    isolationLevel: int8('2+', { ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32('10+', { ignorable: true }),
  },
  response: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64('0+', { default: -1 }),
        offset: int64('0+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1, ignorable: true }),
      }),
    }),
  },
});

/** OffsetForLeaderEpoch, API key 23. */
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32('0+', { default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32('0+', { default: -1 }),
        endOffset: int64('0+', { default: -1 }),
      }),
    }),
  },
});
