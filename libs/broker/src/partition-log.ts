/**
 * The log of a partition: record batches as they were produced, in segments, with only their offsets patched. Nothing here looks
 * into records but the search by time.
 */
import type { Buffer } from 'node:buffer';
import { RecordColumns, decodeBatch, readBatchHeader } from '@millrace/protocol';
import type { LogSettings } from './topic-settings.ts';

/** A batch on the log. `bytes` is never changed once it is here. */
export interface StoredBatch {
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** When tombstones and markers in it may go; set by the first compaction that keeps them. */
  readonly deleteHorizonMs?: number;
}

/** Batches that are deleted together. */
interface Segment {
  readonly baseOffset: number;
  batches: StoredBatch[];
  sizeBytes: number;
  maxTimestamp: number;
  /** Rolling by time compares with the first batch, by the time in its records. */
  readonly firstTimestamp: number;
}

/** An offset and the time of its record. */
export interface TimedOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** What to read. */
export interface ReadRange {
  readonly offset: number;
  readonly until: number;
  readonly maxBytes: number;
  readonly atLeastOne: boolean;
}

/** Batches as they lie in the log. */
export interface ReadBatches {
  readonly chunks: readonly Buffer[];
  readonly sizeBytes: number;
  /** The offset after the last of them. */
  readonly endOffset: number;
}

/** The batches of a partition by offset. */
export class PartitionLog {
  #segments: Segment[] = [];
  #startOffset = 0;
  #endOffset = 0;

  /** The first offset that may be read. */
  get startOffset(): number {
    return this.#startOffset;
  }

  /** The offset of the next record: also the high watermark, there being no other replica. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Every batch in order. */
  *batches(): Generator<StoredBatch> {
    for (const { batches } of this.#segments) yield* batches;
  }

  append(batch: StoredBatch, settings: LogSettings): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || isFull(segment, batch, settings)) {
      segment = emptySegment(batch);
      this.#segments.push(segment);
    }
    add(segment, batch);
    this.#endOffset = batch.lastOffset + 1;
  }

  /**
   * Batches from the one that holds `offset` on, as long as they lie wholly below `until` and within `maxBytes`; with
   * `atLeastOne`, the first is given even if it is larger (KIP-74).
   */
  read({ offset, until, maxBytes, atLeastOne }: ReadRange): ReadBatches {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let endOffset = offset;
    let [s, b] = this.#find(offset);
    for (; s < this.#segments.length; s++, b = 0) {
      const { batches } = this.#segments[s] as Segment;
      for (; b < batches.length; b++) {
        const { bytes, lastOffset } = batches[b] as StoredBatch;
        const isTooLarge = sizeBytes + bytes.length > maxBytes && !(atLeastOne && chunks.length === 0);
        if (lastOffset >= until || isTooLarge) return { chunks, sizeBytes, endOffset };
        sizeBytes += bytes.length;
        endOffset = lastOffset + 1;
        chunks.push(bytes);
      }
    }
    return { chunks, sizeBytes, endOffset };
  }

  /** The first record at or after a time. */
  offsetOfTime(timestamp: number, until: number): TimedOffset | undefined {
    for (const segment of this.#segments) {
      if (segment.maxTimestamp < timestamp) continue;
      for (const batch of segment.batches) {
        if (batch.baseOffset >= until) return undefined;
        if (batch.maxTimestamp < timestamp || batch.isControl) continue;
        const found = firstAtOrAfter(batch, timestamp, this.#startOffset);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The first record with the latest time. */
  latestTime(until: number): TimedOffset | undefined {
    let latest: StoredBatch | undefined;
    for (const batch of this.batches()) {
      if (batch.baseOffset >= until) break;
      if (
        !batch.isControl &&
        batch.lastOffset >= this.#startOffset &&
        batch.maxTimestamp > (latest?.maxTimestamp ?? -2)
      )
        latest = batch;
    }
    return latest && firstAtOrAfter(latest, latest.maxTimestamp, this.#startOffset);
  }

  /** Forgets what lies before an offset, segment by segment. */
  advanceStart(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, Math.min(offset, this.#endOffset));
    const keep = this.#segments.findIndex(
      ({ batches }) => (batches.at(-1) as StoredBatch).lastOffset >= this.#startOffset,
    );
    this.#segments = keep < 0 ? [] : this.#segments.slice(keep);
  }

  /**
   * Deletes old segments as a stock broker does: by the latest event time in them, oldest first, the last one included; then by
   * size, the last one excluded.
   */
  applyRetention({ retentionMs, retentionBytes }: LogSettings, nowMs: number): void {
    let drop = 0;
    if (retentionMs >= 0) {
      while (drop < this.#segments.length && nowMs - (this.#segments[drop] as Segment).maxTimestamp > retentionMs)
        drop++;
    }
    if (retentionBytes >= 0) {
      let surplus = this.#segments.slice(drop).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - retentionBytes;
      while (drop < this.#segments.length - 1 && (surplus -= (this.#segments[drop] as Segment).sizeBytes) >= 0) drop++;
    }
    if (drop > 0) this.advanceStart(this.#segments[drop]?.baseOffset ?? this.#endOffset);
  }

  /** How far compaction may go: never into the segment that is written, nor into one with records younger than `lagMs`. */
  compactableUntil(lagMs: number, nowMs: number): number {
    const stop = this.#segments.find(
      (segment, i) => i === this.#segments.length - 1 || nowMs - segment.maxTimestamp < lagMs,
    );
    return stop?.baseOffset ?? this.#startOffset;
  }

  /** Puts compacted batches in the place of all batches below `until`; segments that become empty go. */
  replace(until: number, compacted: (batch: StoredBatch) => StoredBatch | undefined): void {
    for (const segment of this.#segments) {
      if (segment.baseOffset >= until) break;
      const kept = segment.batches.map((batch) => (batch.lastOffset < until ? compacted(batch) : batch));
      segment.batches = kept.filter((batch) => batch !== undefined);
      segment.sizeBytes = segment.batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    }
    this.#segments = this.#segments.filter(({ batches }) => batches.length > 0);
  }

  /** Where the first batch is that ends at or after an offset. */
  #find(offset: number): [segment: number, batch: number] {
    const s = firstIndex(this.#segments, ({ batches }) => (batches.at(-1) as StoredBatch).lastOffset >= offset);
    const batches = this.#segments[s]?.batches ?? [];
    return [s, firstIndex(batches, ({ lastOffset }) => lastOffset >= offset)];
  }
}

function emptySegment({ baseOffset, maxTimestamp }: StoredBatch): Segment {
  return { baseOffset, batches: [], sizeBytes: 0, maxTimestamp: -1, firstTimestamp: maxTimestamp };
}

function add(segment: Segment, batch: StoredBatch): void {
  segment.batches.push(batch);
  segment.sizeBytes += batch.bytes.length;
  segment.maxTimestamp = Math.max(segment.maxTimestamp, batch.maxTimestamp);
}

function isFull(segment: Segment, next: StoredBatch, { segmentBytes, segmentMs }: LogSettings): boolean {
  return segment.sizeBytes + next.bytes.length > segmentBytes || next.maxTimestamp - segment.firstTimestamp > segmentMs;
}

function firstAtOrAfter(batch: StoredBatch, timestamp: number, from: number): TimedOffset | undefined {
  const header = readBatchHeader(batch.bytes, 0);
  if (header === undefined) return undefined;
  const columns = new RecordColumns();
  decodeBatch(batch.bytes, header, columns, { checkCrc: false });
  for (let i = 0; i < columns.count; i++) {
    const time = columns.timestamp[i] as number;
    if (time >= timestamp && columns.offset(i) >= from)
      return { offset: columns.offset(i), timestamp: time, leaderEpoch: batch.leaderEpoch };
  }
  return undefined;
}

/** The first index whose element holds, in a list where all after it hold too; the length if none does. */
function firstIndex<T>(list: readonly T[], holds: (element: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
