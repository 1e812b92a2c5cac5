/** Creating, growing, trimming and deleting topics. */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int64, int8, string, uuid } from '../wire/field.ts';

/** CreateTopics, API key 19. */
export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    topics: array({
      name: string(),
      numPartitions: int32('0+', { default: -1 }),
      replicationFactor: int16('0+', { default: -1 }),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: string('0+', { nullable: '0+' }),
      }),
    }),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: array(
        {
          name: string(),
          value: string('0+', { nullable: '5+' }),
          readOnly: boolean(),
          configSource: int8('0+', { default: -1 }),
          isSensitive: boolean(),
        },
        '5+',
        { nullable: '5+', ignorable: true },
      ),
    }),
  },
});

/** DeleteTopics, API key 20. */
export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topicNames: array(string(), '1-5'),
    topics: array(
      {
        name: string('0+', { nullable: '6+' }),
        topicId: uuid(),
      },
      '6+',
    ),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('5+', { nullable: '5+', ignorable: true }),
    }),
  },
});

/** CreatePartitions, API key 37. */
export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array({ brokerIds: array(int32()) }, '0+', { nullable: '0+' }),
    }),
    timeoutMs: int32(),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
});

/** DeleteRecords, API key 21. */
export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
});
