/** Record batches of kafka-clients 4.3.1: read as the JVM reads them; where uncompressed and dense, written to the same bytes. */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import {
  BatchBuilder,
  compressionNames,
  decodeBatch,
  forEachBatch,
  readHeaders,
  RecordColumns,
  type BatchHeader,
} from '@millrace/protocol';

interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
}

interface GoldenBatch {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly records: readonly GoldenRecord[];
}

export interface GoldenBatches {
  readonly name: string;
  readonly bytes: string;
  readonly batches: readonly GoldenBatch[];
}

const headerBytes = 61;

/** What differs, in words. */
export function batchFaults({ name, bytes, batches }: GoldenBatches): string[] {
  const buffer = Buffer.from(bytes, 'hex');
  const read: Record<string, unknown>[] = [];
  try {
    const end = forEachBatch(buffer, (header) => void read.push(describeBatch(buffer, header)));
    if (end !== buffer.length) return [`${name}: read up to ${end} of ${buffer.length} bytes`];
  } catch (error) {
    return [`${name}: ${String(error)}`];
  }
  const wanted = batches.map((batch, i) => only(batch as unknown as Record<string, unknown>, read[i] ?? {}));
  if (!isDeepStrictEqual(read, wanted))
    return [`${name}: read as ${JSON.stringify(read)}\n      the JVM: ${JSON.stringify(wanted)}`];
  const [batch] = batches;
  if (batch === undefined || batches.length > 1 || !isBuildable(batch)) return [];
  const written = build(batch).toString('hex');
  return written === bytes ? [] : [`${name}: written as ${written}\n      the JVM: ${bytes}`];
}

/** Fields that the recorder derives from others are left out. */
function only(batch: Record<string, unknown>, like: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(like).map((field) => [field, batch[field]]));
}

function describeBatch(bytes: Buffer, header: BatchHeader): Record<string, unknown> {
  const columns = new RecordColumns();
  decodeBatch(bytes, header, columns);
  return {
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    sizeInBytes: header.sizeInBytes,
    partitionLeaderEpoch: header.leaderEpoch,
    crc: header.crc,
    compression: compressionNames[header.compression],
    timestampType: header.timestampType,
    baseTimestamp: header.baseTimestamp,
    maxTimestamp: header.maxTimestamp,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    transactional: header.isTransactional,
    control: header.isControl,
    records: describeRecords(columns),
  };
}

function describeRecords(columns: RecordColumns): GoldenRecord[] {
  return Array.from({ length: columns.count }, (_, i) => ({
    offset: columns.offset(i),
    timestamp: columns.timestamp[i] as number,
    key: columns.key(i)?.toString('hex') ?? null,
    value: columns.value(i)?.toString('hex') ?? null,
    ...(columns.hdrCount[i] === 0
      ? {}
      : { headers: readHeaders(columns, i).map(({ key, value }) => [key, value?.toString('hex') ?? null] as const) }),
  }));
}

/** The builder gives records consecutive offsets and the producer's time. */
function isBuildable(batch: GoldenBatch): boolean {
  const isDense = batch.records.every((record, i) => record.offset === batch.baseOffset + i);
  return batch.compression === 'none' && batch.timestampType === 'CreateTime' && isDense;
}

function build(batch: GoldenBatch): Buffer {
  const builder = new BatchBuilder({ initialBytes: headerBytes });
  const bytesOf = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));
  for (const { key, value, timestamp, headers = [] } of batch.records) {
    const written = headers.map(([name, hex]) => ({ key: name, value: bytesOf(hex) }));
    builder.append(bytesOf(key), bytesOf(value), timestamp, written);
  }
  return builder.build({
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.transactional,
    isControl: batch.control,
    baseOffset: batch.baseOffset,
    leaderEpoch: batch.partitionLeaderEpoch,
  });
}
