/**
 * Compaction: of each key the latest record stays, at its offset. Aborted records go at once, tombstones `delete.retention.ms` after
 * the first compaction that met them (KIP-534), markers with the last record of their transaction. Nothing at or after the last
 * stable offset is touched, nor is the segment that is written. Batches that lose records are rewritten without compression.
 */
import { Buffer } from 'node:buffer';
import { RecordColumns, crc32c, decodeBatch, readBatchHeader, type BatchHeader } from '@millrace/protocol';
import { storedBatch, type Partition } from './partition.ts';
import type { StoredBatch } from './partition-log.ts';
import type { LogSettings } from './topic-settings.ts';

/** Where the parts of a batch are that change when records go. */
const at = { length: 8, crc: 17, attributes: 21, count: 57, records: 61 } as const;
const lengthOverhead = 12;
const compressionBits = 0x07;

type AbortedTest = (batch: StoredBatch) => boolean;

interface Pass {
  readonly until: number;
  readonly nowMs: number;
  readonly settings: LogSettings;
  /** The offset of the latest record of each key. */
  readonly latest: ReadonlyMap<string, number>;
  readonly isAborted: AbortedTest;
}

/** Compacts a partition as far as it may be, if enough of it is dirty. */
export function compact(partition: Partition, settings: LogSettings, nowMs: number): void {
  const { log, lastStableOffset } = partition;
  const until = Math.min(lastStableOffset, log.compactableUntil(settings.minCompactionLagMs, nowMs));
  if (!isDirty(partition, until, settings.minCleanableDirtyRatio)) return;
  const latest = latestOffsets(partition, until, abortedTest(partition));
  const pass: Pass = { until, nowMs, settings, latest, isAborted: abortedTest(partition) };
  const withRecords = new Set<number>();
  const goneMarkers = new Set<number>();
  log.replace(until, (batch) => {
    const kept = batch.isControl ? keptMarker(batch, pass, withRecords) : keptBatch(batch, pass);
    if (kept === undefined && batch.isControl) goneMarkers.add(batch.baseOffset);
    if (kept !== undefined && !batch.isControl && batch.isTransactional) withRecords.add(batch.producerId);
    return kept;
  });
  partition.transactions.forget(goneMarkers);
  partition.compactedUntil = until;
}

function isDirty({ log, compactedUntil }: Partition, until: number, minRatio: number): boolean {
  let dirty = 0;
  let total = 0;
  for (const { bytes, baseOffset, lastOffset } of log.batches()) {
    if (lastOffset >= until) break;
    total += bytes.length;
    if (baseOffset >= compactedUntil) dirty += bytes.length;
  }
  return dirty > 0 && dirty / total >= minRatio;
}

/** Tells batches of aborted transactions, asked in the order of the log; those that end later than the batch are known too. */
function abortedTest({ transactions }: Partition): AbortedTest {
  const byProducer = transactions.abortedByProducer();
  return ({ isTransactional, isControl, producerId, baseOffset }) => {
    const own = byProducer.get(producerId);
    if (!isTransactional || isControl || own === undefined) return false;
    while (own[0] !== undefined && own[0].lastOffset < baseOffset) own.shift();
    return own[0] !== undefined && own[0].firstOffset <= baseOffset;
  };
}

function latestOffsets({ log }: Partition, until: number, isAborted: AbortedTest): Map<string, number> {
  const latest = new Map<string, number>();
  for (const batch of log.batches()) {
    if (batch.lastOffset >= until) break;
    if (batch.isControl || isAborted(batch)) continue;
    const columns = recordsOf(batch).columns;
    for (let i = 0; i < columns.count; i++) latest.set(keyOf(columns, i), columns.offset(i));
  }
  return latest;
}

/** A marker stays as long as its transaction has records, then until the horizon. */
function keptMarker(batch: StoredBatch, pass: Pass, withRecords: Set<number>): StoredBatch | undefined {
  if (withRecords.delete(batch.producerId)) return batch;
  return withinHorizon(batch, pass);
}

function withinHorizon(batch: StoredBatch, { nowMs, settings }: Pass): StoredBatch | undefined {
  const deleteHorizonMs = batch.deleteHorizonMs ?? nowMs + settings.deleteRetentionMs;
  if (nowMs >= deleteHorizonMs) return undefined;
  return batch.deleteHorizonMs === undefined ? { ...batch, deleteHorizonMs } : batch;
}

function keptBatch(batch: StoredBatch, pass: Pass): StoredBatch | undefined {
  // Only an optimization: its records are the latest of no key.
  if (pass.isAborted(batch)) return undefined;
  const { header, columns } = recordsOf(batch);
  const stays: boolean[] = [];
  const horizon = withinHorizon(batch, pass);
  let keptCount = 0;
  let hasTombstone = false;
  for (let i = 0; i < columns.count; i++) {
    const isTombstone = (columns.valLen[i] as number) < 0;
    const isLatest = pass.latest.get(keyOf(columns, i)) === columns.offset(i);
    const isKept = isLatest && (!isTombstone || horizon !== undefined);
    stays.push(isKept);
    if (!isKept) continue;
    keptCount++;
    hasTombstone ||= isTombstone;
  }
  if (keptCount === 0) return undefined;
  const same = hasTombstone && horizon !== undefined ? horizon : batch;
  if (keptCount === columns.count) return same;
  const rewritten = storedBatch(rewrite(batch.bytes, header, { columns, stays, keptCount }));
  return same.deleteHorizonMs === undefined ? rewritten : { ...rewritten, deleteHorizonMs: same.deleteHorizonMs };
}

function recordsOf({ bytes }: StoredBatch): { header: BatchHeader; columns: RecordColumns } {
  const header = readBatchHeader(bytes, 0) as BatchHeader;
  const columns = new RecordColumns();
  decodeBatch(bytes, header, columns, { checkCrc: false });
  return { header, columns };
}

/** Byte for byte; a record without a key is a key of its own. */
function keyOf(columns: RecordColumns, i: number): string {
  const key = columns.key(i);
  return key === null ? `#${columns.offset(i)}` : `=${key.toString('latin1')}`;
}

interface Kept {
  readonly columns: RecordColumns;
  readonly stays: readonly boolean[];
  readonly keptCount: number;
}

/** Records keep their bytes: offsets and times are relative to the header, whose bases stay as they are. */
function rewrite(bytes: Buffer, header: BatchHeader, { columns, stays, keptCount }: Kept): Buffer {
  const records = columns.buf;
  const slices: Buffer[] = [Buffer.from(bytes.subarray(0, at.records))];
  let position = header.compression === 0 ? at.records : 0;
  for (const isKept of stays) {
    const end = recordEnd(records, position);
    if (isKept) slices.push(records.subarray(position, end));
    position = end;
  }
  const batch = Buffer.concat(slices);
  batch.writeInt32BE(batch.length - lengthOverhead, at.length);
  batch.writeInt16BE(batch.readInt16BE(at.attributes) & ~compressionBits, at.attributes);
  batch.writeInt32BE(keptCount, at.count);
  batch.writeUInt32BE(crc32c(batch, at.attributes), at.crc);
  return batch;
}

/** A record begins with its length as a zigzag varint. */
function recordEnd(records: Buffer, start: number): number {
  let position = start;
  let zigzag = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = records[position++] as number;
    zigzag |= (byte & 0x7f) << shift;
    if (byte < 0x80) return position + (zigzag >>> 1);
  }
}
