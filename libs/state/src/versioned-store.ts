/**
 * A store that keeps versions of each row by event time (KIP-889), as far back as its history reaches. Where versions lie and what becomes of a late one is
 * the JVM library's (RocksDBVersionedStore): the latest value of a key stands by itself; one that has been replaced goes into the segment of
 * the time at which its successor began. Segments that the history has passed are dropped whole.
 *
 * A row is read when it is asked for, so the history may be larger than memory. Local keys: `u16 store || 0 || key` for latest values,
 * `u16 store || 1 || i64 segment || key` for history, `u16 store || 2` for the greatest time seen and the segments that there are.
 */
import type { FetchedBatch } from '@millrace/ports';
import { VersionedResult } from '@millrace/topology';
import { keyValueLocalKey, localValue, readLocalValue, writeInt64 } from './local-keys.ts';
import { RawRows } from './raw-rows.ts';
import type { StateStore } from './state-store.ts';
import type { StoreEntry } from './store-entry.ts';
import type { IsolationLevel, ReadRow, ReadableStore, StoreRead } from './store-read.ts';
import type { TableRowNow, TableStore } from './table-store.ts';
import type { DrainedChanges, ForwardChange, RecordKeys, TaskStoreOptions } from './task-store.ts';
import { readMeta, writeMeta, type VersionedMeta } from './versioned-meta.ts';
import { latestWithin, olderWithin } from './versioned-reads.ts';
import {
  readMinMs,
  readNextMs,
  readSegmentRow,
  segmentRow,
  versionAt,
  withEarliest,
  withInserted,
  withLatest,
  withReplaced,
  writeSegmentRow,
  type SegmentRow,
} from './versioned-segment.ts';

/** A put gives the time at which its version was replaced, or one of these. */
export const { stillValid, notPut } = VersionedResult;

export interface VersionedStoreOptions extends Omit<TaskStoreOptions, 'caching' | 'logsHeaders'> {
  /** How far back versions are kept, and late ones taken in, ms. */
  readonly historyMs: number;
  /** History is dropped in pieces of this length, ms. */
  readonly segmentMs: number;
  /** Counts what comes too late for the history. */
  readonly expired: () => void;
}

/** A version as it is read. */
export interface FoundValue {
  readonly value: unknown;
  /** When it began to be valid, ms. */
  readonly timestamp: number;
  /** When it was replaced, ms; undefined while it is the latest. */
  readonly validTo: number | undefined;
}

const [latestPart, historyPart, metaPart] = [0, 1, 2] as const;

export class VersionedStore implements StateStore, TableStore, ReadableStore {
  readonly #options: VersionedStoreOptions;
  readonly #rows: RawRows;
  readonly #metaKey: Buffer;
  /** Greatest time that was put. */
  #observedMs: number;
  /** Segments that there are, ascending. */
  #segments: readonly number[];
  #isMetaChanged = false;
  /** Segments below have been dropped, and the engine may not know it yet. */
  #droppedBelow: number | undefined;
  #forward: ForwardChange = () => undefined;
  #needsOld = false;

  constructor(options: VersionedStoreOptions) {
    this.#options = options;
    this.#rows = new RawRows(options.engine, options.memory);
    this.#metaKey = partKey(options.id, metaPart);
    const { observedMs, segments } = readMeta(options.engine.getSync(this.#metaKey));
    this.#observedMs = observedMs;
    this.#segments = segments;
  }

  /** Where updates go; `needsOld` when somebody there looks at old values. */
  onUpdate(forward: ForwardChange, needsOld: boolean): void {
    this.#forward = forward;
    this.#needsOld = needsOld;
  }

  /** The latest version of a row. */
  row(key: unknown): TableRowNow {
    const latest = this.#latest(this.#keyBytes(key));
    if (latest === undefined) return { key, value: null, timestamp: -1 };
    return { key, value: this.#decoded(latest.value), timestamp: latest.timestamp };
  }

  /** Puts a version, and forwards the change unless it came too late. What is not the latest version goes on as such (KIP-914). */
  put({ key }: TableRowNow, value: unknown, timestamp: number, _recordTime: number, told?: Uint8Array | null): void {
    const { context } = this.#options;
    const before = this.#needsOld ? (told ?? this.#latest(this.#keyBytes(key))?.value) : undefined;
    const validTo = this.write(key, value, timestamp);
    if (validTo === notPut) return;
    const old = before === undefined ? null : this.#decoded(before as Buffer);
    const outer = context.isStale;
    context.isStale = validTo !== stillValid;
    try {
      this.#forward(key, value, old, timestamp);
    } finally {
      context.isStale = outer;
    }
  }

  telling(start: unknown): Uint8Array | null {
    const { valueSerde, topic } = this.#options;
    return !this.#needsOld || start === null || start === undefined ? null : valueSerde.serialize(topic, start);
  }

  /** Puts and logs a version; null says that the row was deleted then. Gives when it was replaced, `stillValid` or `notPut`. What is not put is logged too (JVM). */
  write(key: unknown, value: unknown, timestamp: number): number {
    const { valueSerde, topic, changelog } = this.#options;
    const keyBytes = this.#keyBytes(key);
    const bytes = value === null ? null : valueSerde.serialize(topic, value);
    const validTo = this.#put(keyBytes, asBuffer(bytes), timestamp);
    if (validTo === notPut) this.#options.expired();
    changelog?.append(keyBytes, bytes, timestamp);
    return validTo;
  }

  /** The version of a row at a time; undefined when there was none, or when the time lies before the history. */
  versionAt(key: unknown, asOf: number): FoundValue | undefined {
    const keyBytes = this.#keyBytes(key);
    const latest = this.#latest(keyBytes);
    if (latest !== undefined && latest.timestamp <= asOf)
      return { value: this.#decoded(latest.value), timestamp: latest.timestamp, validTo: undefined };
    if (asOf < this.#firstKept()) return undefined;
    for (const segment of this.#segmentsFrom(asOf)) {
      const bytes = this.#rows.get(this.#segmentKey(segment, keyBytes));
      if (bytes === null) continue;
      if (readNextMs(bytes) <= asOf) return undefined;
      if (readMinMs(bytes) > asOf) continue;
      const found = versionAt(readSegmentRow(bytes), asOf);
      if (found === undefined || found.value === null) return undefined;
      return { value: this.#decoded(found.value), timestamp: found.validFrom, validTo: found.validTo };
    }
    return undefined;
  }

  /** Versions of one key, from beside the task; all of them in one chunk. */
  async *read(read: StoreRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    if (read.type !== 'versions') return;
    const { key, from, to, reverse } = read;
    const { engine, historyMs } = this.#options;
    const isCommitted = isolation === 'read_committed';
    const { observedMs, segments } = isCommitted ? await this.#storedMeta() : this.#meta();
    const first = this.#segmentOf(from);
    const wanted = to < observedMs - historyMs ? [] : segments.filter((segment) => segment >= first).reverse();
    const keyBytes = Buffer.from(key);
    const keys = [this.#latestKey(keyBytes), ...wanted.map((segment) => this.#segmentKey(segment, keyBytes))];
    const [latest, ...older] = isCommitted ? await engine.getMany(keys) : await this.#rows.look(keys);
    const rows = [
      ...latestWithin(keyBytes, latest, to),
      ...older.flatMap((bytes) => olderWithin(keyBytes, bytes, from, to)),
    ];
    if (rows.length > 0) yield reverse ? rows : rows.reverse();
  }

  flush(): boolean {
    return false;
  }

  /** The latest version of each row. Only where the engine can be scanned at once. */
  all(): StoreEntry[] {
    const { id, keySerde, topic } = this.#options;
    const [gte, lt] = [partKey(id, latestPart), partKey(id, historyPart)];
    return this.#rows.scan({ gte, lt }).map(([localKey, bytes]) => {
      const { value, timestamp } = readLocalValue(bytes);
      return { key: keySerde.deserialize(topic, localKey.subarray(3)), value: this.#decoded(value), timestamp };
    });
  }

  readAhead(batch: RecordKeys): Promise<void> | undefined {
    return this.#rows.readAhead(this.#latestKeys(batch));
  }

  /** Puts the records of the changelog as they were put at first, and gives what is to be written for them. */
  restore(batch: FetchedBatch, into: DrainedChanges): Promise<void> {
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      // What outlives the batch must not keep it.
      const value = batch.value(i);
      if (key !== null) this.#put(Buffer.from(key), value === null ? null : Buffer.from(value), batch.timestamp(i));
    }
    this.drain(into);
    return Promise.resolve();
  }

  drain(into: DrainedChanges): void {
    if (this.#droppedBelow !== undefined) into.deleteRanges.push(this.#historyBelow(this.#droppedBelow));
    this.#droppedBelow = undefined;
    this.#rows.drain(into);
    if (!this.#isMetaChanged) return;
    this.#isMetaChanged = false;
    into.keys.push(this.#metaKey);
    into.values.push(writeMeta(this.#meta()));
  }

  trim(): void {
    this.#rows.trim();
  }

  close(): void {
    this.#rows.close();
  }

  get changedCount(): number {
    return this.#rows.changedCount;
  }

  get changedBytes(): number {
    return this.#rows.changedBytes;
  }

  get isMemoryShort(): boolean {
    return this.#rows.isMemoryShort;
  }

  #put(key: Buffer, value: Buffer | null, timestamp: number): number {
    if (timestamp < this.#firstKept()) return notPut;
    this.#observe(timestamp);
    const latest = this.#latest(key);
    if (latest === undefined || timestamp < latest.timestamp)
      return this.#putBelow(key, value, timestamp, latest?.timestamp);
    if (timestamp > latest.timestamp) this.#retire(key, latest.value, latest.timestamp, timestamp);
    this.#putLatest(key, value, timestamp);
    return stillValid;
  }

  /** A version that is no longer the latest goes where its successor began. */
  #retire(key: Buffer, value: Buffer, validFrom: number, validTo: number): void {
    this.#change(key, validTo, (row) =>
      row === undefined ? segmentRow(value, validFrom, validTo) : withLatest(row, { validFrom, value }, validTo),
    );
  }

  /** A version that is not newer than the latest one, which began at `next`; undefined: there is none. */
  #putBelow(key: Buffer, value: Buffer | null, timestamp: number, latest: number | undefined): number {
    let next = latest;
    for (const segment of this.#segmentsFrom(timestamp)) {
      const bytes = this.#rows.get(this.#segmentKey(segment, key));
      if (bytes === null) continue;
      if (readNextMs(bytes) <= timestamp) break;
      if (readMinMs(bytes) <= timestamp) return this.#putWithin(key, segment, readSegmentRow(bytes), value, timestamp);
      next = readMinMs(bytes);
    }
    if (next !== undefined) return this.#putBefore(key, value, timestamp, next);
    if (value === null) this.#putDeletion(key, timestamp);
    else this.#putLatest(key, value, timestamp);
    return stillValid;
  }

  /** Into a segment that has versions before and after it. */
  #putWithin(key: Buffer, segment: number, row: SegmentRow, value: Buffer | null, timestamp: number): number {
    const found = versionAt(row, timestamp);
    if (found === undefined) return stillValid;
    const version = { validFrom: timestamp, value };
    // What was valid until now stays here, though it ends earlier: the JVM library may move it to an older segment, which nobody can see.
    const changed =
      found.validFrom === timestamp ? withReplaced(row, version, found.index) : withInserted(row, version, found.index);
    this.#rows.put(this.#segmentKey(segment, key), writeSegmentRow(changed));
    return found.validTo;
  }

  /** Right before a version that began at `next`. */
  #putBefore(key: Buffer, value: Buffer | null, timestamp: number, next: number): number {
    const version = { validFrom: timestamp, value };
    this.#change(key, next, (row) => {
      if (row === undefined) return segmentRow(value, timestamp, next);
      return row.nextMs <= timestamp ? withLatest(row, version, next) : withEarliest(row, version);
    });
    return next;
  }

  /** The latest version is that there is none: history knows it, the latest values do not. */
  #putDeletion(key: Buffer, timestamp: number): void {
    this.#change(key, timestamp, (row) => {
      if (row === undefined) return segmentRow(null, timestamp, timestamp);
      return row.nextMs === timestamp ? row : withLatest(row, { validFrom: row.nextMs, value: null }, timestamp);
    });
  }

  /** Changes what the segment of a time has of a key. A segment of which nothing is live any more is not begun. */
  #change(key: Buffer, time: number, change: (row: SegmentRow | undefined) => SegmentRow): void {
    const segment = this.#segmentOf(time);
    if (segment < this.#segmentOf(this.#firstKept())) return;
    this.#addSegment(segment);
    const localKey = this.#segmentKey(segment, key);
    const bytes = this.#rows.get(localKey);
    this.#rows.put(localKey, writeSegmentRow(change(bytes === null ? undefined : readSegmentRow(bytes))));
  }

  #latest(key: Buffer): { readonly value: Buffer; readonly timestamp: number } | undefined {
    const bytes = this.#rows.get(this.#latestKey(key));
    return bytes === null ? undefined : readLocalValue(bytes);
  }

  #putLatest(key: Buffer, value: Buffer | null, timestamp: number): void {
    this.#rows.put(this.#latestKey(key), value === null ? null : localValue(value, timestamp));
  }

  /** Time goes on; what the history has passed is dropped. */
  #observe(timestamp: number): void {
    if (timestamp <= this.#observedMs) return;
    this.#observedMs = timestamp;
    this.#isMetaChanged = true;
    const live = this.#segmentOf(this.#firstKept());
    const first = this.#segments.findIndex((segment) => segment >= live);
    const dropped = first < 0 ? this.#segments.length : first;
    if (dropped === 0) return;
    this.#segments = this.#segments.slice(dropped);
    this.#droppedBelow = live;
    this.#rows.dropChanged(this.#historyBelow(live));
  }

  #addSegment(segment: number): void {
    if (this.#segments.includes(segment)) return;
    this.#segments = [...this.#segments, segment].sort((a, b) => a - b);
    this.#isMetaChanged = true;
  }

  /** Segments that may know what was valid at a time and after it, newest first. */
  #segmentsFrom(time: number): number[] {
    const first = this.#segmentOf(time);
    return this.#segments.filter((segment) => segment >= first).reverse();
  }

  #segmentOf(time: number): number {
    return Math.trunc(time / this.#options.segmentMs);
  }

  #firstKept(): number {
    return this.#observedMs - this.#options.historyMs;
  }

  #meta(): VersionedMeta {
    return { observedMs: this.#observedMs, segments: this.#segments };
  }

  /** As the engine has it; with the segments that it may get before it is read, so that no version is lost on its way into one. */
  async #storedMeta(): Promise<VersionedMeta> {
    const [bytes] = await this.#options.engine.getMany([this.#metaKey]);
    const { observedMs, segments } = readMeta(bytes);
    return { observedMs, segments: [...new Set([...segments, ...this.#segments])].sort((a, b) => a - b) };
  }

  #historyBelow(segment: number): { readonly gte: Buffer; readonly lt: Buffer } {
    return { gte: partKey(this.#options.id, historyPart), lt: this.#segmentKey(segment, noBytes) };
  }

  #latestKey(key: Uint8Array): Buffer {
    return partKey(this.#options.id, latestPart, key);
  }

  #segmentKey(segment: number, key: Uint8Array): Buffer {
    const bytes = Buffer.allocUnsafe(8 + key.length);
    writeInt64(bytes, segment, 0);
    bytes.set(key, 8);
    return partKey(this.#options.id, historyPart, bytes);
  }

  *#latestKeys(batch: RecordKeys): Generator<Buffer> {
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      if (key !== null) yield this.#latestKey(key);
    }
  }

  #keyBytes(key: unknown): Buffer {
    const { keySerde, topic } = this.#options;
    return asBuffer(keySerde.serialize(topic, key)) as Buffer;
  }

  #decoded(bytes: Buffer): unknown {
    return this.#options.valueSerde.deserialize(this.#options.topic, bytes);
  }
}

const noBytes = new Uint8Array(0);

function partKey(store: number, part: number, key: Uint8Array = noBytes): Buffer {
  const bytes = Buffer.allocUnsafe(1 + key.length);
  bytes[0] = part;
  bytes.set(key, 1);
  return keyValueLocalKey(store, bytes);
}

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null || Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
