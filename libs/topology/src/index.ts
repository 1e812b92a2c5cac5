export {
  longestCallMs,
  longestPauseMs,
  type AsyncCall,
  type AsyncOperation,
  type AsyncOrder,
  type AsyncPolicy,
} from './async-operation.ts';
export { copartitionTopics } from './copartitions.ts';
export { describe } from './describe.ts';
export { internalTopics, type InternalTopic } from './internal-topics.ts';
export { internalTopicConfigs, type TopicPurpose } from './internal-topic-configs.ts';
export { takesNullKeys, type JoinKind, type JoinOperation, type JoinWindowsSpec } from './join-operation.ts';
export { changelogTopicName, internalTopicName, requireName } from './names.ts';
export { globalSubtopologies, storesOf, subtopologies, type Subtopology } from './subtopologies.ts';
export type {
  BranchSpec,
  EmitStrategy,
  Operation,
  SessionWindowsSpec,
  SlidingWindowsSpec,
  SubscriptionStoreSpec,
  SuppressSpec,
  TimeWindowsSpec,
} from './operation.ts';
export type { FunctionRef, SerdeRef } from './references.ts';
export type {
  BuiltInExtractor,
  HistorySpec,
  Program,
  ProcessorNode,
  RepartitionTopicSpec,
  SinkNode,
  SourceNode,
  StoreSpec,
  Topology,
  TopologyNode,
  WindowStoreSpec,
} from './topology.ts';
export {
  matchesTopic,
  matchingTopics,
  patternText,
  topicPattern,
  topicPatterns,
  withMatchedTopics,
} from './topic-pattern.ts';
export type { TopicPattern } from './topology.ts';
export { isVersionedTable, readsVersions } from './versioned-tables.ts';
export type { ProcessorOperation } from './processor-operation.ts';
export type {
  Cancellable,
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyRecord,
  ForwardedRecord,
  Headers,
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorRecord,
  PunctuationType,
  RecordContext,
  RecordHeader,
  RecordMetadata,
  ScheduleOptions,
  StoreHandle,
  ValueTransformer,
} from './processor-api.ts';
export type {
  AggregationWithHeaders,
  KeyValueStore,
  ReadOnlyKeyValueStore,
  SessionStore,
  SessionStoreWithHeaders,
  StoredPair,
  TimestampedKeyValueStore,
  TimestampedKeyValueStoreWithHeaders,
  TimestampedWindowStore,
  TimestampedWindowStoreWithHeaders,
  ValueAndTimestamp,
  ValueTimestampHeaders,
  VersionedKeyValueStore,
  VersionedRecord,
  WindowedKey,
  WindowStore,
} from './store-api.ts';
export { VersionedResult } from './store-api.ts';
export { isoDurationMs, type OffsetReset } from './offset-reset.ts';
