/** Checks of what a producer sends for a partition, before anything is appended. */
import type { Buffer } from 'node:buffer';
import { RecordColumns, crc32c, decodeBatch, errorCodes, readBatchHeader, type BatchHeader } from '@millrace/protocol';
import type { LogSettings } from './topic-settings.ts';

/** Why a batch is refused. */
export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** The batch, or why it is refused. */
export type ProducedBatch = { readonly header: BatchHeader } | Refusal;

/** From the attributes on, everything is covered by the CRC. */
const attributesAt = 21;
const zstd = 4;
const firstVersionWithZstd = 7;
/** Guards against batches that are small only as long as they are compressed. */
const maxInflatedBytes = 256 * 1024 * 1024;
/** Used within one call only. */
const scratch = new RecordColumns();

/** What came with the batch, and where it goes. */
export interface ProduceConditions {
  readonly version: number;
  readonly transactionalId: string | null;
  readonly settings: LogSettings;
  readonly nowMs: number;
}

/** Reads the one batch that Produce may carry for a partition. */
export function producedBatch(records: Buffer | null, conditions: ProduceConditions): ProducedBatch {
  const { version, transactionalId, settings, nowMs } = conditions;
  if (records === null || records.length === 0) return invalid('There is no record batch.');
  const header = headerOf(records);
  if ('errorCode' in header) return header;
  if (header.isTransactional && transactionalId === null) return anonymous;
  if (header.sizeInBytes !== records.length)
    return invalid('Produce carries exactly one record batch for a partition.');
  if (header.sizeInBytes > settings.maxMessageBytes) {
    const errorMessage = `The batch has ${header.sizeInBytes} bytes, max.message.bytes is ${settings.maxMessageBytes}.`;
    return { errorCode: errorCodes.MESSAGE_TOO_LARGE, errorMessage };
  }
  if (crc32c(records, attributesAt) !== header.crc) return corrupt('The CRC of the batch does not match its bytes.');
  return (
    faultOfHeader(header, version) ??
    faultOfTimes(header, settings, nowMs) ??
    faultOfRecords(records, header, settings) ?? { header }
  );
}

const anonymous: Refusal = {
  errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  errorMessage: 'A transactional batch needs a transactional id.',
};

function headerOf(records: Buffer): BatchHeader | Refusal {
  try {
    return readBatchHeader(records, 0) ?? invalid('The batch is cut off.');
  } catch (error) {
    return invalid(error instanceof Error ? error.message : 'The batch cannot be read.');
  }
}

function faultOfHeader(header: BatchHeader, version: number): Refusal | undefined {
  const { count, isControl, isTransactional, producerId, producerEpoch, baseSequence, compression } = header;
  if (isControl) return invalid('Clients may not write control batches.');
  if (count <= 0 || header.lastOffset - header.baseOffset + 1 !== count)
    return invalid(`The batch announces ${count} records and other offsets.`);
  if (producerId >= 0 ? producerEpoch < 0 || baseSequence < 0 : isTransactional)
    return invalid('The batch names a producer without an epoch or a sequence.');
  if (compression > zstd) return invalid(`Compression ${compression} is not known.`);
  if (compression === zstd && version < firstVersionWithZstd)
    return { errorCode: errorCodes.UNSUPPORTED_COMPRESSION_TYPE, errorMessage: 'zstd needs Produce 7 or newer.' };
  return undefined;
}

/** The latest record speaks for the batch; the earliest is looked for only if there is a limit for it. */
function faultOfTimes(header: BatchHeader, settings: LogSettings, nowMs: number): Refusal | undefined {
  if (settings.logAppendTime) return undefined;
  const { maxTimestamp, baseTimestamp } = header;
  const isTooLate = maxTimestamp - nowMs > settings.timestampAfterMaxMs;
  const isTooEarly = nowMs - Math.min(baseTimestamp, maxTimestamp) > settings.timestampBeforeMaxMs;
  if (!isTooLate && !isTooEarly) return undefined;
  const errorMessage = `Times of the batch lie outside message.timestamp.before.max.ms or after.max.ms of ${nowMs}.`;
  return { errorCode: errorCodes.INVALID_TIMESTAMP, errorMessage };
}

/** What nobody could read must not get into the log: records are looked at, and for a compacted topic their keys. */
function faultOfRecords(records: Buffer, header: BatchHeader, settings: LogSettings): Refusal | undefined {
  scratch.reset();
  try {
    decodeBatch(records, header, scratch, { checkCrc: false, maxInflatedBytes });
  } catch (error) {
    return invalid(error instanceof Error ? error.message : 'The records cannot be read.');
  }
  for (let i = 0; i < scratch.count; i++) {
    if (scratch.offset(i) !== header.baseOffset + i) return invalid(`Record ${i} has another offset.`);
    if (settings.compacts && (scratch.keyLen[i] as number) < 0)
      return invalid('Compacted topics do not take records without a key.');
  }
  scratch.reset();
  return undefined;
}

function invalid(errorMessage: string): Refusal {
  return { errorCode: errorCodes.INVALID_RECORD, errorMessage };
}

function corrupt(errorMessage: string): Refusal {
  return { errorCode: errorCodes.CORRUPT_MESSAGE, errorMessage };
}
