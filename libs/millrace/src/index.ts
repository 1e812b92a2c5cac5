/** What users of Millrace install: the DSL, serdes and errors under Kafka Streams' names. */
export { MillraceError, durationMs, type Duration, type ErrorCode } from '@millrace/base';
export {
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  StreamsBuilder,
  TimeWindowedKStream,
  TimeWindows,
  type Consumed,
  type Grouped,
  type Materialized,
  type Produced,
  type Repartitioned,
} from '@millrace/dsl';
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
