/** What users of Millrace install: the DSL, serdes, the application and its errors, under Kafka Streams' names. */
export { MillraceError, durationMs, type Duration, type ErrorCode } from '@millrace/base';
export {
  GlobalKTable,
  JoinWindows,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  StreamsBuilder,
  TimeWindowedKStream,
  TimeWindows,
  type Consumed,
  type Grouped,
  type Joined,
  type Materialized,
  type Produced,
  type Repartitioned,
  type StreamJoined,
} from '@millrace/dsl';
export {
  configFromEnv,
  createTopics,
  parseConfig,
  settingRows,
  type CloseOptions,
  type StreamsConfig,
  type StreamsConfigInput,
  type StreamsMetrics,
  type StreamsPorts,
  type StreamsState,
  type UncaughtExceptionAnswer,
} from '@millrace/runtime';
export {
  Serdes,
  avro,
  json,
  timeWindowed,
  type AvroOptions,
  type Serde,
  type Window,
  type Windowed,
} from '@millrace/serde';
export { describe, type Program, type Topology } from '@millrace/topology';
export { KafkaStreams, defaultPorts } from './kafka-streams.ts';
