/** The cluster, its leaders and log directories. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int64, int8, string } from '../wire/field.ts';

/** DescribeCluster, API key 60. */
export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-2',
  flexible: '0+',
  request: {
    includeClusterAuthorizedOperations: boolean(),
    endpointType: int8('1+', { default: 1 }),
    includeFencedBrokers: boolean('2+'),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    endpointType: int8('1+', { default: 1, ignorable: true }),
    clusterId: string(),
    controllerId: int32('0+', { default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string('0+', { nullable: '0+' }),
      isFenced: boolean('2+', { ignorable: true }),
    }),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  },
});

/** ElectLeaders, API key 43. */
export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: '0-2',
  flexible: '2+',
  request: {
    electionType: int8('1+'),
    topicPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      '0+',
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16('1+', { ignorable: true }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
    }),
  },
});

/** DescribeLogDirs, API key 35. */
export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexible: '2+',
  request: {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16('3+', { ignorable: true }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: boolean(),
        }),
      }),
      totalBytes: int64('4+', { default: -1, ignorable: true }),
      usableBytes: int64('4+', { default: -1, ignorable: true }),
      isCordoned: boolean('5+', { ignorable: true }),
    }),
  },
});
