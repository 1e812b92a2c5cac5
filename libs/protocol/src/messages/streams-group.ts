/** Groups of Kafka Streams balanced by the broker (KIP-1071). */
import { defineApi } from '../api.ts';
import { array, boolean, int16, int32, int64, int8, string, struct, uint16 } from '../wire/field.ts';

/** StreamsGroupHeartbeat, API key 88. */
export const streamsGroupHeartbeat = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: '0-0',
  flexible: '0+',
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string('0+', { nullable: '0+' }),
    rackId: string('0+', { nullable: '0+' }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: struct(
      {
        epoch: int32(),
        subtopologies: array({
          subtopologyId: string(),
          sourceTopics: array(string()),
          sourceTopicRegex: array(string()),
          stateChangelogTopics: array({
            name: string(),
            partitions: int32(),
            replicationFactor: int16(),
            topicConfigs: array({
              key: string(),
              value: string(),
            }),
          }),
          repartitionSinkTopics: array(string()),
          repartitionSourceTopics: array({
            name: string(),
            partitions: int32(),
            replicationFactor: int16(),
            topicConfigs: array({
              key: string(),
              value: string(),
            }),
          }),
          copartitionGroups: array({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        }),
      },
      '0+',
      { nullable: '0+' },
    ),
    activeTasks: array(
      {
        subtopologyId: string(),
        partitions: array(int32()),
      },
      '0+',
      { nullable: '0+' },
    ),
    standbyTasks: array({
      subtopologyId: string(),
      partitions: array(int32()),
    }),
    warmupTasks: array(
      {
        subtopologyId: string(),
        partitions: array(int32()),
      },
      '0+',
      { nullable: '0+' },
    ),
    processId: string('0+', { nullable: '0+' }),
    userEndpoint: struct(
      {
        host: string(),
        port: uint16(),
      },
      '0+',
      { nullable: '0+' },
    ),
    clientTags: array({
      key: string(),
      value: string(),
    }),
    taskOffsets: array(
      {
        subtopologyId: string(),
        partition: int32(),
        offset: int64(),
      },
      '0+',
      { nullable: '0+' },
    ),
    taskEndOffsets: array({
      subtopologyId: string(),
      partition: int32(),
      offset: int64(),
    }),
    shutdownApplication: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array(
      {
        statusCode: int8(),
        statusDetail: string(),
      },
      '0+',
      { nullable: '0+' },
    ),
    activeTasks: array({
      subtopologyId: string(),
      partitions: array(int32()),
    }),
    standbyTasks: array(
      {
        subtopologyId: string(),
        partitions: array(int32()),
      },
      '0+',
      { nullable: '0+' },
    ),
    warmupTasks: array({
      subtopologyId: string(),
      partitions: array(int32()),
    }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array({
      userEndpoint: struct({
        host: string(),
        port: uint16(),
      }),
      activePartitions: array({
        topic: string(),
        partitions: array(int32()),
      }),
      standbyPartitions: array({
        topic: string(),
        partitions: array(int32()),
      }),
    }),
  },
});

/** StreamsGroupDescribe, API key 89. */
export const streamsGroupDescribe = defineApi({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: '0-0',
  flexible: '0+',
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: struct(
        {
          epoch: int32(),
          subtopologies: array({
            subtopologyId: string(),
            sourceTopics: array(string()),
            repartitionSinkTopics: array(string()),
            stateChangelogTopics: array({
              name: string(),
              partitions: int32(),
              replicationFactor: int16(),
              topicConfigs: array({
                key: string(),
                value: string(),
              }),
            }),
            repartitionSourceTopics: array({
              name: string(),
              partitions: int32(),
              replicationFactor: int16(),
              topicConfigs: array({
                key: string(),
                value: string(),
              }),
            }),
          }),
        },
        '0+',
        { nullable: '0+' },
      ),
      members: array({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: string('0+', { nullable: '0+' }),
        rackId: string('0+', { nullable: '0+' }),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: struct(
          {
            host: string(),
            port: uint16(),
          },
          '0+',
          { nullable: '0+' },
        ),
        clientTags: array({
          key: string(),
          value: string(),
        }),
        taskOffsets: array({
          subtopologyId: string(),
          partition: int32(),
          offset: int64(),
        }),
        taskEndOffsets: array({
          subtopologyId: string(),
          partition: int32(),
          offset: int64(),
        }),
        assignment: struct({
          activeTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
          standbyTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
          warmupTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
        }),
        targetAssignment: struct({
          activeTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
          standbyTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
          warmupTasks: array({
            subtopologyId: string(),
            partitions: array(int32()),
          }),
        }),
        isClassic: boolean(),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  },
});
