/** Every API that Millrace speaks, by name and by key. */
import type { Api } from '../api.ts';
import { createAcls, deleteAcls, describeAcls } from './acls.ts';
import { apiVersions } from './api-versions.ts';
import { describeCluster, describeLogDirs, electLeaders } from './cluster.ts';
import { alterConfigs, describeConfigs, incrementalAlterConfigs } from './configs.ts';
import { consumerGroupDescribe, consumerGroupHeartbeat } from './consumer-group.ts';
import { findCoordinator } from './coordinator.ts';
import { fetch } from './fetch.ts';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './group-membership.ts';
import { offsetCommit, offsetDelete, offsetFetch } from './group-offsets.ts';
import { deleteGroups, describeGroups, listGroups } from './groups.ts';
import { listOffsets, offsetForLeaderEpoch } from './list-offsets.ts';
import { describeTopicPartitions, metadata } from './metadata.ts';
import { produce } from './produce.ts';
import { saslAuthenticate, saslHandshake } from './sasl.ts';
import { alterUserScramCredentials, describeUserScramCredentials } from './scram.ts';
import { streamsGroupDescribe, streamsGroupHeartbeat } from './streams-group.ts';
import { getTelemetrySubscriptions, pushTelemetry } from './telemetry.ts';
import { createPartitions, createTopics, deleteRecords, deleteTopics } from './topics.ts';
import { describeProducers, describeTransactions, listTransactions } from './transaction-admin.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  txnOffsetCommit,
  writeTxnMarkers,
} from './transactions.ts';

/** The APIs by Kafka's names. */
export const apis = {
  ApiVersions: apiVersions,
  Metadata: metadata,
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  SyncGroup: syncGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  InitProducerId: initProducerId,
  AddPartitionsToTxn: addPartitionsToTxn,
  AddOffsetsToTxn: addOffsetsToTxn,
  EndTxn: endTxn,
  WriteTxnMarkers: writeTxnMarkers,
  TxnOffsetCommit: txnOffsetCommit,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  CreatePartitions: createPartitions,
  DescribeConfigs: describeConfigs,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  AlterConfigs: alterConfigs,
  DeleteRecords: deleteRecords,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  DeleteGroups: deleteGroups,
  OffsetDelete: offsetDelete,
  DescribeCluster: describeCluster,
  SaslHandshake: saslHandshake,
  SaslAuthenticate: saslAuthenticate,
  ConsumerGroupHeartbeat: consumerGroupHeartbeat,
  ConsumerGroupDescribe: consumerGroupDescribe,
  StreamsGroupHeartbeat: streamsGroupHeartbeat,
  StreamsGroupDescribe: streamsGroupDescribe,
  DescribeProducers: describeProducers,
  DescribeTransactions: describeTransactions,
  ListTransactions: listTransactions,
  DescribeTopicPartitions: describeTopicPartitions,
  GetTelemetrySubscriptions: getTelemetrySubscriptions,
  PushTelemetry: pushTelemetry,
  DescribeLogDirs: describeLogDirs,
  ElectLeaders: electLeaders,
  DescribeAcls: describeAcls,
  CreateAcls: createAcls,
  DeleteAcls: deleteAcls,
  DescribeUserScramCredentials: describeUserScramCredentials,
  AlterUserScramCredentials: alterUserScramCredentials,
} as const;

/** A name of an API. */
export type ApiName = keyof typeof apis;

const byKey = new Map<number, Api<unknown, unknown>>();
for (const api of Object.values(apis)) byKey.set(api.key, api as unknown as Api<unknown, unknown>);

/** The API of a key; undefined if Millrace does not speak it. */
export function apiByKey(key: number): Api<unknown, unknown> | undefined {
  return byKey.get(key);
}
