/** Every record batch of the golden file, read and, where uncompressed, written again. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { compressionNames } from '../compression/compression.ts';
import { BatchBuilder } from './batch-builder.ts';
import { BATCH, forEachBatch, type BatchHeader } from './batch-header.ts';
import { decodeControlRecord, encodeControlBatch } from './control-batch.ts';
import { decodeBatch, readHeaders } from './decode-batch.ts';
import { RecordColumns } from './record-columns.ts';

interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
}

interface GoldenBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly baseTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly records: readonly GoldenRecord[];
}

const golden = (
  JSON.parse(gunzipSync(readFileSync(new URL('../../testdata/wire.json.gz', import.meta.url))).toString()) as {
    readonly recordBatches: readonly {
      readonly name: string;
      readonly bytes: string;
      readonly batches: readonly GoldenBatch[];
    }[];
  }
).recordBatches;

function bytesOf(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, 'hex');
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

function describeBatch(bytes: Buffer, header: BatchHeader) {
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

test.each(golden)('batch $name reads as the JVM reads it', ({ bytes, batches }) => {
  const buffer = Buffer.from(bytes, 'hex');
  const read: unknown[] = [];
  const end = forEachBatch(buffer, (header) => read.push(describeBatch(buffer, header)));
  expect(end).toBe(buffer.length);
  expect(read).toMatchObject(batches.map(({ ...batch }) => withoutDerived(batch)));
});

function withoutDerived(batch: GoldenBatch): Record<string, unknown> {
  const {
    lastSequence: _lastSequence,
    magic: _magic,
    ...rest
  } = batch as GoldenBatch & { lastSequence: number; magic: number };
  return rest;
}

/** The builder gives records consecutive offsets and the producer's time. */
function isBuildable(batch: GoldenBatch): boolean {
  const dense = batch.records.every((record, i) => record.offset === batch.baseOffset + i);
  return batch.compression === 'none' && batch.timestampType === 'CreateTime' && dense;
}

const single = golden.filter(({ batches }) => batches.length === 1 && isBuildable(batches[0] as GoldenBatch));

test.each(single)('batch $name is written as the JVM writes it', ({ bytes, batches }) => {
  const batch = batches[0] as GoldenBatch;
  const builder = new BatchBuilder({ initialBytes: BATCH.RECORDS });
  for (const { key, value, timestamp, headers = [] } of batch.records) {
    const written = headers.map(([name, text]) => ({ key: name, value: bytesOf(text) }));
    builder.append(bytesOf(key), bytesOf(value), timestamp, written);
  }
  const built = builder.build({
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.transactional,
    isControl: batch.control,
    baseOffset: batch.baseOffset,
    leaderEpoch: batch.partitionLeaderEpoch,
  });
  expect(built.toString('hex')).toBe(bytes);
});

test.each([
  ['COMMIT', 'commit-marker', 9, 12],
  ['ABORT', 'abort-marker', 0, 13],
] as const)('a %s marker is written and read as by the JVM', (type, name, coordinatorEpoch, baseOffset) => {
  const expected = golden.find((each) => each.name === name)?.bytes;
  const at = { producerId: 4001, producerEpoch: 3, timestamp: 1_700_000_000_000, baseOffset, leaderEpoch: 5 };
  const batch = encodeControlBatch({ type, coordinatorEpoch, ...at });
  const columns = new RecordColumns();
  forEachBatch(batch, (header) => decodeBatch(batch, header, columns));
  expect(decodeControlRecord(columns, 0)).toEqual({ type, coordinatorEpoch });
  expect(batch.toString('hex')).toBe(expected);
});
