/**
 * The records that one side of a join has seen, by key and time: several may have the same key and time, so a sequence number is part of their
 * place, in the changelog too (the JVM's window store with retainDuplicates). What is within the retention is in memory; see ADR 0017.
 */
import type { FetchedBatch, KeyRange, StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { afterStart, firstLiveStart, segmentMs, storeEnd, windowChangelogKey, windowLocalKey } from './local-keys.ts';
import { overlaidScan } from './overlaid-scan.ts';
import { readied } from './readied.ts';
import type { RecordContext } from './record-context.ts';
import type { RowKey } from './resident-rows.ts';
import { rowKeyOf } from './row-key.ts';
import type { HeldStore } from './state-store.ts';
import { isWithin, type StoreEntry } from './store-entry.ts';
import { isWithinKeys, type IsolationLevel, type ReadRow, type ReadableStore, type StoreRead } from './store-read.ts';
import type { ChangelogWriter, DrainedChanges, TaskStoreOptions } from './task-store.ts';
import { inStoreOrder, type WindowEntry } from './window-order.ts';

export interface JoinWindowStoreOptions {
  readonly id: number;
  readonly engine: StateEngine;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly topic: string;
  readonly changelog: ChangelogWriter | undefined;
  /** Records of the changelog carry the headers of those that are kept; undefined: they do not. */
  readonly logsHeaders?: TaskStoreOptions['logsHeaders'];
  readonly context: RecordContext;
  readonly sizeMs: number;
  readonly retentionMs: number;
  /** In memory the JVM drops what has expired to the millisecond, on disk by segments: it shows in the count of dropped records. */
  readonly inMemory: boolean;
  /** Rows keep the times of their records; without, they read as -1 (JVM: on disk, but in the format with headers). @default false */
  readonly hasTimes?: boolean;
}

/** A record that was kept. */
export interface JoinRow {
  readonly timestamp: number;
  readonly seq: number;
  readonly keyBytes: Uint8Array;
  /** Undefined: not decoded yet. */
  value: unknown;
  /** Undefined: the engine has them, and the value is decoded. */
  bytes: Uint8Array | undefined;
}

/** A row of which the engine may know nothing yet. */
interface UnwrittenRow {
  readonly localKey: Buffer;
  readonly bytes: Uint8Array;
}

const noRows: readonly JoinRow[] = [];
const seqMask = 0x7fffffff;
const rowOverheadBytes = 150;

export class JoinWindowStore implements HeldStore, ReadableStore {
  readonly isMemoryShort = false;
  readonly #options: JoinWindowStoreOptions;
  readonly #rowKey: (key: unknown) => RowKey;
  /** In the order of time and sequence number. */
  readonly #rows = new Map<RowKey, JoinRow[]>();
  #changed: JoinRow[] = [];
  /** On their way to the engine, which may have them already. */
  #taken: readonly JoinRow[] = [];
  #changedBytes = 0;
  #observedMs = -1;
  #seq = 0;
  #deletedBelow = 0;
  #sweptBelow = 0;

  constructor(options: JoinWindowStoreOptions) {
    this.#options = options;
    this.#rowKey = rowKeyOf(options.keySerde, options.topic);
  }

  /** Keeps a record; null is logged only. False when it has expired. */
  put(key: unknown, value: unknown, timestamp: number, recordTime = timestamp): boolean {
    const { keySerde, valueSerde, topic, changelog, logsHeaders, context, inMemory } = this.#options;
    this.#seq = (this.#seq + 1) & seqMask;
    const keyBytes = keySerde.serialize(topic, key);
    const bytes = value === null ? null : valueSerde.serialize(topic, value);
    const headers = logsHeaders === undefined ? undefined : context.headers;
    changelog?.append(joinChangelogKey(keyBytes, timestamp, this.#seq), bytes, recordTime, headers);
    if (bytes === null && !inMemory) return true;
    if (timestamp > this.#observedMs) this.#observedMs = timestamp;
    if (timestamp < this.firstLive) return !this.#isCountedAsExpired(timestamp);
    if (bytes === null) return true;
    const row = { timestamp, seq: this.#seq, keyBytes, value, bytes };
    this.#insert(this.#rowKey(key), row);
    this.#changed.push(row);
    this.#changedBytes += rowOverheadBytes + keyBytes.length + bytes.length;
    return true;
  }

  /** The records of a key, in the order of time and arrival. Those before `firstLive` are not there any more. */
  rowsOf(key: unknown): readonly JoinRow[] {
    return this.#rows.get(this.#rowKey(key)) ?? noRows;
  }

  /** Where in rows of a key those begin that are at `from` or later. */
  firstAt(rows: readonly JoinRow[], from: number): number {
    const start = Math.max(from, this.firstLive);
    let low = 0;
    for (let high = rows.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((rows[middle] as JoinRow).timestamp < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  valueOf(row: JoinRow): unknown {
    if (row.value === undefined)
      row.value = this.#options.valueSerde.deserialize(this.#options.topic, row.bytes as Buffer);
    return row.value;
  }

  /** The first time that has not expired. */
  get firstLive(): number {
    return Math.max(0, this.#observedMs - this.#options.retentionMs + 1);
  }

  flush(): boolean {
    return false;
  }

  trim(): void {
    // Everything is needed, but what was on its way to the engine is there.
    this.#taken = [];
  }

  close(): void {
    this.#rows.clear();
    this.#changed = [];
  }

  get changedCount(): number {
    return this.#changed.length;
  }

  get changedBytes(): number {
    return this.#changedBytes;
  }

  drain(into: DrainedChanges): void {
    this.#expire(into);
    const { id } = this.#options;
    for (const row of this.#changed) {
      if (row.timestamp < this.#deletedBelow) continue;
      into.keys.push(joinLocalKey(id, row));
      into.values.push(row.bytes ?? null);
      row.bytes = undefined;
    }
    this.#taken = this.#changed;
    this.#changed = [];
    this.#changedBytes = 0;
  }

  async load(): Promise<void> {
    const { id, engine } = this.#options;
    for await (const chunk of engine.scan({ gte: windowLocalKey(id, 0), lt: storeEnd(id) }))
      for (const [localKey, bytes] of chunk) await this.#take(readJoinLocalKey(localKey), bytes);
  }

  async restore(batch: FetchedBatch, into: DrainedChanges): Promise<void> {
    const { id } = this.#options;
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      const value = batch.value(i);
      if (key === null || value === null) continue;
      const row = await this.#take(readJoinChangelogKey(key), Buffer.from(value));
      into.keys.push(joinLocalKey(id, row));
      into.values.push(row.bytes ?? null);
    }
    this.#expire(into);
  }

  all(): StoreEntry[] {
    return this.rows(0, Infinity);
  }

  /** Rows that were put at `[from, to]`, in the order of the store; those of one key and time as they came. */
  rows(from: number, to: number): WindowEntry[] {
    const { inMemory, retentionMs } = this.#options;
    const found = [...this.#rows.values()].flatMap((rows) => this.#entries(rows, from, to));
    const changelogKey = ({ keyBytes, time }: WindowEntry): Buffer => windowChangelogKey(keyBytes, time);
    return inStoreOrder(found, { inMemory, retentionMs, changelogKey });
  }

  /** The same of one key. */
  fetch(key: unknown, from: number, to: number): WindowEntry[] {
    return this.#entries(this.rowsOf(key), from, to);
  }

  #entries(rows: readonly JoinRow[], from: number, to: number): WindowEntry[] {
    const { keySerde, topic, sizeMs, hasTimes = false } = this.#options;
    const live = rows.slice(this.firstAt(rows, from)).filter(({ timestamp }) => timestamp <= to);
    return live.map((row) => {
      const { timestamp: time, keyBytes } = row;
      const window = { start: time, end: time + sizeMs };
      const key = { key: keySerde.deserialize(topic, Buffer.from(keyBytes)), window };
      return { key, value: this.valueOf(row), timestamp: hasTimes ? time : -1, keyBytes, time };
    });
  }

  keyBytes(key: unknown): Uint8Array {
    const { keySerde, topic } = this.#options;
    return keySerde.serialize(topic, key);
  }

  /** Rows of one key or of a range of keys that were put in a range of time, from beside the task: in the order of time and arrival. */
  async *read(read: StoreRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    if (read.type !== 'windows') return;
    const { id, engine, sizeMs } = this.#options;
    const from = Math.max(read.from, this.firstLive);
    if (from > read.to) return;
    const range = { gte: windowLocalKey(id, from), lt: afterStart(id, read.to), reverse: read.reverse };
    const unwritten = (): readonly UnwrittenRow[] => (isolation === 'read_committed' ? [] : this.#unwritten(range));
    for await (const chunk of overlaidScan(engine, range, unwritten)) {
      const rows = chunk.map(({ localKey, stored, over }): ReadRow => {
        const { key, timestamp: start } = readJoinLocalKey(localKey);
        return { key, value: over === undefined ? stored : over.bytes, timestamp: start, start, end: start + sizeMs };
      });
      yield rows.filter(({ key }) => isWithinKeys(key, read));
    }
  }

  /** Rows that the engine may not have yet, with their bytes of now. */
  #unwritten(range: KeyRange): readonly UnwrittenRow[] {
    const { id, valueSerde, topic } = this.#options;
    return [...this.#taken, ...this.#changed]
      .map((row) => ({ localKey: joinLocalKey(id, row), row }))
      .filter(({ localKey }) => isWithin(localKey, range))
      .map(({ localKey, row }) => ({ localKey, bytes: row.bytes ?? valueSerde.serialize(topic, row.value) }));
  }

  async #take({ key, timestamp, seq }: JoinPlace, bytes: Buffer): Promise<JoinRow> {
    const { keySerde, valueSerde, topic } = this.#options;
    await readied(keySerde, topic, key);
    await readied(valueSerde, topic, bytes);
    const row: JoinRow = { timestamp, seq, keyBytes: Buffer.from(key), value: undefined, bytes };
    if (timestamp > this.#observedMs) this.#observedMs = timestamp;
    // The JVM counts from 0 again, and so overwrites rows of the same key and time.
    if (seq > this.#seq) this.#seq = seq;
    if (timestamp >= this.firstLive)
      this.#insert(this.#rowKey(keySerde.deserialize(topic, row.keyBytes as Buffer)), row);
    return row;
  }

  #insert(rowKey: RowKey, row: JoinRow): void {
    const rows = this.#rows.get(rowKey);
    if (rows === undefined) return void this.#rows.set(rowKey, [row]);
    let at = rows.length;
    while (at > 0 && isBefore(row, rows[at - 1] as JoinRow)) at--;
    const last = rows[at - 1];
    if (last?.timestamp === row.timestamp && last.seq === row.seq) rows[at - 1] = row;
    else if (at === rows.length) rows.push(row);
    else rows.splice(at, 0, row);
  }

  #isCountedAsExpired(timestamp: number): boolean {
    const { inMemory, retentionMs } = this.#options;
    if (inMemory) return true;
    const segment = segmentMs(retentionMs);
    return Math.floor(timestamp / segment) < Math.trunc((this.#observedMs - retentionMs) / segment);
  }

  #expire({ deleteRanges }: DrainedChanges): void {
    const { id, retentionMs } = this.#options;
    const first = firstLiveStart(this.#observedMs, retentionMs);
    if (first > this.#deletedBelow) {
      deleteRanges.push({ gte: windowLocalKey(id, 0), lt: windowLocalKey(id, first) });
      this.#deletedBelow = first;
    }
    // Each key is looked at a few times in the span of a retention, not at each commit.
    if (this.firstLive - this.#sweptBelow >= retentionMs / 4) this.#sweep();
  }

  #sweep(): void {
    this.#sweptBelow = this.firstLive;
    for (const [key, rows] of this.#rows) {
      const dead = this.firstAt(rows, 0);
      if (dead === rows.length) this.#rows.delete(key);
      else if (dead > 0) rows.splice(0, dead);
    }
  }
}

interface JoinPlace {
  readonly key: Buffer;
  readonly timestamp: number;
  readonly seq: number;
}

function isBefore(a: JoinRow, b: JoinRow): boolean {
  return a.timestamp === b.timestamp ? a.seq < b.seq : a.timestamp < b.timestamp;
}

/** `key || i64 timestamp || i32 seq` (JVM: WindowKeySchema). */
function joinChangelogKey(key: Uint8Array, timestamp: number, seq: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + 12);
  bytes.set(key);
  bytes.writeUInt32BE(Math.floor(timestamp / 0x1_0000_0000), key.length);
  bytes.writeUInt32BE(timestamp >>> 0, key.length + 4);
  bytes.writeUInt32BE(seq, key.length + 8);
  return bytes;
}

function readJoinChangelogKey(bytes: Buffer): JoinPlace {
  const at = bytes.length - 12;
  return { key: bytes.subarray(0, at), timestamp: readTime(bytes, at), seq: bytes.readUInt32BE(at + 8) };
}

/** `u16 store || i64 timestamp || u32 seq || key`: read in the order of time. */
function joinLocalKey(id: number, { timestamp, seq, keyBytes }: JoinRow): Buffer {
  const place = Buffer.allocUnsafe(4 + keyBytes.length);
  place.writeUInt32BE(seq, 0);
  place.set(keyBytes, 4);
  return windowLocalKey(id, timestamp, place);
}

function readJoinLocalKey(bytes: Buffer): JoinPlace {
  return { key: bytes.subarray(14), timestamp: readTime(bytes, 2), seq: bytes.readUInt32BE(10) };
}

function readTime(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
