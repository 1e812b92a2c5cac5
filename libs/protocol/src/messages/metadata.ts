/** Brokers, topics, partitions and their leaders. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, string, struct, uuid } from '../wire/field.ts';

/** Metadata, API key 3. */
export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: array(
      {
        topicId: uuid('10+', { ignorable: true }),
        name: string('0+', { nullable: '10+' }),
      },
      '0+',
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: boolean('4+', { default: true }),
    includeClusterAuthorizedOperations: boolean('8-10'),
    includeTopicAuthorizedOperations: boolean('8+'),
  },
  response: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string('1+', { nullable: '1+', ignorable: true }),
    }),
    clusterId: string('2+', { nullable: '2+', ignorable: true }),
    controllerId: int32('1+', { default: -1, ignorable: true }),
    topics: array({
      errorCode: int16(),
      name: string('0+', { nullable: '12+' }),
      topicId: uuid('10+', { ignorable: true }),
      isInternal: boolean('1+', { ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('7+', { default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), '5+', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('8+', { default: -2147483648, ignorable: true }),
    }),
    clusterAuthorizedOperations: int32('8-10', { default: -2147483648, ignorable: true }),
    errorCode: int16('13+', { ignorable: true }),
  },
});

/** DescribeTopicPartitions, API key 75. */
export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0-0',
  flexible: '0+',
  request: {
    topics: array({
      name: string(),
    }),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      errorCode: int16(),
      name: string(),
      topicId: uuid(),
      isInternal: boolean(),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('0+', { default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), '0+', { nullable: '0+' }),
        lastKnownElr: array(int32(), '0+', { nullable: '0+' }),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    }),
    nextCursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
});
