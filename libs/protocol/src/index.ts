export { compressionNames, type CompressionName } from './compression/compression.ts';
export { canWriteZstd } from './compression/zstd.ts';
export type { Api, Codec, Input, RequestOf, ResponseOf } from './api.ts';
export { errorCodes, errorName, isRetriableError, type ErrorName } from './error-codes.ts';
export {
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type DecodedResponse,
  type RequestHeader,
  type RequestIdentity,
} from './frame.ts';
export { apiByKey, apis, type ApiName } from './messages/apis.ts';
export { murmur2, partitionForKey } from './partitioner.ts';
export { BatchBuilder, type BatchBuilderOptions, type HeaderInput } from './records/batch-builder.ts';
export { forEachBatch, readBatchHeader, type BatchHeader } from './records/batch-header.ts';
export { decodeControlRecord, encodeControlBatch, type ControlRecord, type Marker } from './records/control-batch.ts';
export { crc32c } from './records/crc32c.ts';
export { fitDeadLetter, type FittedLetter } from './records/dead-letter.ts';
export { decodeBatch, readHeaders, type DecodeOptions } from './records/decode-batch.ts';
export { RecordColumns, type Header } from './records/record-columns.ts';
export { assignOffsets, type LogPosition, type ProducerStamp } from './records/write-batch-header.ts';
export {
  decodeAssignmentInfo,
  encodeAssignmentInfo,
  type AssignmentInfo,
  type HostPartitions,
  type StandbyTask,
} from './streams/assignment-info.ts';
export { decodeSubscriptionInfo, encodeSubscriptionInfo, type SubscriptionInfo } from './streams/subscription-info.ts';
