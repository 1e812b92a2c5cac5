/** Reading record batches. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, int8, records, string, struct, uuid } from '../wire/field.ts';

/** Fetch, API key 1. */
export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: '4-18',
  flexible: '12+',
  request: {
    clusterId: string('12+', { nullable: '12+', tag: 0, ignorable: true }),
    replicaId: int32('4-14', { default: -1 }),
    replicaState: struct(
      {
        replicaId: int32('0+', { default: -1 }),
        replicaEpoch: int64('0+', { default: -1 }),
      },
      '15+',
      { tag: 1 },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32('0+', { default: 2147483647 }),
    isolationLevel: int8(),
    sessionId: int32('7+'),
    sessionEpoch: int32('7+', { default: -1, ignorable: true }),
    topics: array({
      topic: string('4-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32('9+', { default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32('12+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid('17+', { tag: 0, ignorable: true }),
        highWatermark: int64('18+', { tag: 1, default: 9223372036854775807n, ignorable: true }),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string('7-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitions: array(int32()),
      },
      '7+',
    ),
    rackId: string('11+', { ignorable: true }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16('7+', { ignorable: true }),
    sessionId: int32('7+', { ignorable: true }),
    responses: array({
      topic: string('4-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64('0+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        divergingEpoch: struct(
          {
            epoch: int32('0+', { default: -1 }),
            endOffset: int64('0+', { default: -1 }),
          },
          '12+',
          { tag: 0, ignorable: true },
        ),
        currentLeader: struct(
          {
            leaderId: int32('0+', { default: -1 }),
            leaderEpoch: int32('0+', { default: -1 }),
          },
          '12+',
          { tag: 1, ignorable: true },
        ),
        snapshotId: struct(
          {
            endOffset: int64('0+', { default: -1 }),
            epoch: int32('0+', { default: -1 }),
          },
          '12+',
          { tag: 2, ignorable: true },
        ),
        abortedTransactions: array(
          {
            producerId: int64(),
            firstOffset: int64(),
          },
          '0+',
          { nullable: '0+' },
        ),
        preferredReadReplica: int32('11+', { default: -1, ignorable: true }),
        records: records('0+', { nullable: '0+' }),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string('0+', { nullable: '16+' }),
      },
      '16+',
      { tag: 0, ignorable: true },
    ),
  },
});
