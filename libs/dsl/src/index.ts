export type { AsyncOptions } from './async-step.ts';
export { BranchedKStream } from './branched-k-stream.ts';
export { GlobalKTable } from './global-k-table.ts';
export type { BuildOptions, TopologyOptimization } from './graph.ts';
export type { Joined, StreamJoined } from './join-options.ts';
export { JoinWindows } from './join-windows.ts';
export {
  CogroupedKStream,
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from './cogrouped-k-stream.ts';
export { KGroupedStream } from './k-grouped-stream.ts';
export type { TableJoined } from './foreign-key-join.ts';
export { KGroupedTable } from './k-grouped-table.ts';
export { KStream } from './k-stream.ts';
export { KTable } from './k-table.ts';
export type { AutoOffsetReset } from './offset-reset.ts';
export type {
  Branched,
  Consumed,
  Grouped,
  InvalidTimestampPolicy,
  Materialized,
  Named,
  ProcessOptions,
  Produced,
  Repartitioned,
  StreamPartitioner,
  TimestampExtractor,
  TopicNameExtractor,
  UnversionedMaterialized,
} from './options.ts';
export type { Printed } from './printed.ts';
export {
  Stores,
  type SessionStoreBuilderOptions,
  type StoreBuilder,
  type StoreBuilderOptions,
  type VersionedStoreBuilderOptions,
  type WindowStoreBuilderOptions,
} from './stores.ts';
export type { VersionedOptions } from './store-kind.ts';
export type { KeyValueSupplier, LruSupplier, VersionedSupplier, WindowSupplier } from './store-suppliers.ts';
export { StreamsBuilder } from './streams-builder.ts';
export { Topology, type Parents, type SinkOptions, type SourceOptions, type StoreSource } from './topology.ts';
export type { BufferLimits, Suppressed, UntilTimeLimit, UntilWindowCloses } from './suppressed.ts';
export { TimeWindows } from './time-windows.ts';
export { SessionWindowedKStream } from './session-windowed-k-stream.ts';
export { SessionWindows } from './session-windows.ts';
export { SlidingWindows } from './sliding-windows.ts';
export { TimeWindowedKStream } from './time-windowed-k-stream.ts';
export { UnlimitedWindows } from './unlimited-windows.ts';
