export type { Address, Connection, ConnectionHandlers, Transport } from './transport.ts';
export type { ClientCapabilities, KafkaClient } from './kafka-client.ts';
export type { Header, IsolationLevel, PartitionView, TopicPartition, TopicView } from './topic.ts';
export { earliestOffset, latestOffset } from './fetcher.ts';
export type { FetchedBatch, Fetcher, FetcherOptions } from './fetcher.ts';
export type {
  Compression,
  ProducerOptions,
  RecordProducer,
  TransactionalProducer,
  TransactionalProducerOptions,
} from './producer.ts';
export type {
  GroupAssignor,
  GroupEvent,
  GroupMember,
  GroupMetadata,
  GroupOptions,
  MemberAssignment,
  MemberSubscription,
} from './group-member.ts';
export type { CommittedOffset, OffsetToCommit } from './offset.ts';
export type { Admin, DescribedMember, GroupDescription, NewTopic, PartitionOffset } from './kafka-admin.ts';
export type { EngineWrite, KeyRange, KeyValue, StateEngine, StateEngines } from './state-engine.ts';
export type { QueryNetwork, QueryServer } from './query-network.ts';
export type { SchemaRegistry } from './schema-registry.ts';
export type { CellValue, ColumnType, RowWrite, TableSink, TableSpec, TopicGeneration } from './table-sink.ts';
