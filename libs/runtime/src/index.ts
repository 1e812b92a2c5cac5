export { createTopics } from './application/application-topics.ts';
export {
  configFromEnv,
  parseConfig,
  settingRows,
  type ConfigFault,
  type StreamsConfig,
  type StreamsConfigInput,
} from './settings/config.ts';
export { decodeOffsetMetadata, encodeOffsetMetadata, type OffsetMetadata } from './task/offset-metadata.ts';
export { processIdentity } from './application/process-identity.ts';
export { KafkaStreams, type CloseOptions } from './application/kafka-streams.ts';
export type { StateRestoreListener } from './application/restore-listener.ts';
export type { StandbyUpdateListener, SuspendReason } from './standby/update-listener.ts';
export type { UncaughtExceptionAnswer, UncaughtExceptionHandler } from './application/uncaught-exceptions.ts';
export type { AsyncProgress, RecordCollector, StreamTask, TaskId } from './task/stream-task.ts';
export type { StreamsMetrics } from './application/streams-metrics.ts';
export { storeAccess } from './compile/store-access.ts';
export { figures, taskFigures, type NamedMetric } from './application/named-metrics.ts';
export { SampledRate } from './task/sampled-rate.ts';
export type { StreamsState } from './application/streams-state.ts';
export type { ThreadState } from './thread/stream-thread.ts';
export type { StreamsPorts } from './application/streams-ports.ts';
export { TaskMetrics } from './task/task-metrics.ts';
export { uncached } from './task/task-factory.ts';
export { createTask } from './task/task.ts';
export type { TaskOptions } from './task/task-options.ts';
export type {
  DeadLetterRecord,
  DeserializationExceptionHandler,
  DeserializationHandler,
  ErrorContext,
  ExceptionAnswer,
  ExceptionResponse,
  FailedRecord,
  ProcessingExceptionHandler,
  ProcessingHandler,
  ProductionExceptionHandler,
  ProductionHandler,
  RawRecord,
  UnsentRecord,
} from './task/exception-handlers.ts';
export type { RemoteStoreOptions, StoreQueryOptions } from './queries/interactive-queries.ts';
export type { QueryableKeyValueStore, QueryableTimestampedKeyValueStore } from './queries/key-value-queries.ts';
export type { QueryRows } from './queries/query-rows.ts';
export { QueryableStoreTypes, type QueryableStoreType } from './queries/queryable-store-types.ts';
export type { QuerySerdes } from './queries/store-serdes.ts';
export type { QueryableSessionStore } from './queries/session-queries.ts';
export { MultiVersionedKeyQuery, VersionedKeyQuery } from './queries/versioned-key-queries.ts';
export type { QueryableVersionedKeyValueStore, VersionsRange } from './queries/versioned-queries.ts';
export type { QueryableTimestampedWindowStore, QueryableWindowStore, WindowRow } from './queries/window-queries.ts';
export type { DefaultTimestampExtractor } from './task/timestamp-extractor.ts';
export type { Finding } from './takeover/finding.ts';
export { mayTakeOver, takeoverCheck } from './takeover/takeover-check.ts';
export type { KeyPartitioner } from './queries/cluster-metadata.ts';
export {
  KeyQuery,
  RangeQuery,
  TimestampedKeyQuery,
  TimestampedRangeQuery,
  WindowKeyQuery,
  WindowRangeQuery,
  type FailureReason,
  type Position,
  type QueryResult,
  type ResultOrder,
  type StateQuery,
  type StateQueryRequest,
  type StateQueryResult,
} from './queries/state-query.ts';
export type {
  HostInfo,
  KeyQueryMetadata,
  LagInfo,
  StreamsMetadata,
  TaskMetadata,
  ThreadMetadata,
} from './queries/streams-metadata.ts';
export { decodeAnswer } from './queries/query-wire.ts';
export { globalPart } from './global/global-part.ts';
