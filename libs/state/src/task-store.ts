/**
 * A store of one task: decoded rows over the task's engine, in two caches that must not be confused. The *record cache* is semantics: one pending
 * update a key and commit, forwarded in the order of the last write (the JVM's rule), before the commit only when it is full. The *write-back
 * cache* is speed: rows that were read, or that the engine does not know yet.
 *
 * Nothing reaches the engine before `drain`, which the task calls when the transaction is committed.
 */
import type { Header, KeyRange, StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { localValue } from './local-keys.ts';
import { PendingRows } from './pending-rows.ts';
import { headersSizeOf, ownHeaders, type RecordContext } from './record-context.ts';
import type { StateMemory } from './state-memory.ts';
import { isWithin, scanRows, type ScannedRow, type StoreEntry } from './store-entry.ts';
import type { ReadRow } from './store-read.ts';
import { sizeOf, type StoreRow } from './store-row.ts';

export interface ChangelogWriter {
  append(key: Uint8Array, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void;
}

/** A change of a row, as it goes downstream. */
export type ForwardChange = (key: unknown, newValue: unknown, oldValue: unknown, timestamp: number) => void;

export interface TaskStoreOptions {
  /** First part of local keys, from 1 on. */
  readonly id: number;
  readonly engine: StateEngine;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Topic name given to the serdes: the changelog's, as in the JVM. */
  readonly topic: string;
  readonly caching: boolean;
  /** Records of the changelog that carry the headers of the record that caused them; undefined: none. */
  readonly logsHeaders?: 'all' | 'deletions' | undefined;
  /** Undefined: logging is off. */
  readonly changelog: ChangelogWriter | undefined;
  readonly memory: StateMemory;
  /** Of the task: with the record that is being processed. */
  readonly context: RecordContext;
}

/** What an engine is to write. */
export interface DrainedChanges {
  readonly deleteRanges: { readonly gte: Uint8Array; readonly lt: Uint8Array }[];
  readonly keys: Uint8Array[];
  readonly values: (Uint8Array | null)[];
}

/** Records as far as reading ahead looks at them; a fetched batch is one. */
export interface RecordKeys {
  readonly count: number;
  key(i: number): Buffer | null;
  timestamp(i: number): number;
}

/** A row that is not in memory: where the engine has it, and how it comes in. */
export interface MissingRow {
  readonly localKey: Buffer;
  add(stored: Buffer | undefined): void;
}

/** Reading ahead begins when so many rows, and this part of the last batch, had to be read from the engine. */
const readAheadFrom = { rows: 8, part: 0.05 };

/** Where updates of a store go that nobody listens to. */
const nowhere: ForwardChange = () => undefined;

export abstract class TaskStore {
  protected readonly options: TaskStoreOptions;
  readonly #pending = new PendingRows();
  #pendingBytes = 0;
  #changed: StoreRow[] = [];
  /** On their way to the engine, which may have them already. */
  #taken: readonly StoreRow[] = [];
  #changedBytes = 0;
  #residentBytes = 0;
  #forward = nowhere;
  #isListenedTo = false;
  #needsOld = false;
  /** Rows read from the engine since the last batch, and the size of that batch. */
  #loads = 0;
  #batchCount = 0;
  /** Counts the times that rows were forgotten: what was read before is not taken in after. */
  #era = 0;

  constructor(options: TaskStoreOptions) {
    this.options = options;
  }

  /** Where updates go; `needsOld` when somebody there looks at old values. */
  onUpdate(forward: ForwardChange, needsOld: boolean): void {
    this.forwardTo(forward);
    this.#isListenedTo = true;
    this.#needsOld = needsOld;
  }

  protected forwardTo(forward: ForwardChange): void {
    this.#forward = forward;
  }

  /**
   * A new value for a row. Cached: forwarded at `flush`. Uncached: logged and forwarded now. Null deletes the row; a deletion is logged with the
   * time of the record that caused it, and forwarded so when it comes out of the cache (JVM). `told`: the old value that an uncached store
   * forwards where it is another one than the row's, see `telling`.
   */
  put(row: StoreRow, value: unknown, timestamp: number, recordTime: number, told?: Uint8Array | null): void {
    const { caching } = this.options;
    const before = row.bytes;
    row.value = value;
    row.timestamp = value === null && caching ? recordTime : timestamp;
    row.bytes = undefined;
    if (!row.isChanged) {
      row.isChanged = true;
      this.#changed.push(row);
      this.#changedBytes += row.sizeBytes;
    }
    if (!caching)
      return this.#publish(row, (told === undefined ? before : told) ?? null, value === null ? recordTime : timestamp);
    if (!row.isPending) {
      row.oldBytes = before ?? null;
      this.#count(row.sizeBytes);
    }
    const { headers } = this.options.context;
    if (headers !== row.headers) this.#keepHeaders(row, headers);
    row.origin = this.options.context.origin;
    this.#pending.touch(row);
    const { recordCache } = this.options.memory;
    if (recordCache.usedBytes > recordCache.maxBytes) this.flush();
  }

  /**
   * An aggregate that begins with a value which is not the row's: without a cache that value is forwarded as the old one (JVM), so that who
   * takes old values back takes back this one too. For `put`, before the aggregator may change it.
   */
  telling(start: unknown): Uint8Array | null {
    const { caching, valueSerde, topic } = this.options;
    return caching || !this.#needsOld || start === null || start === undefined
      ? null
      : valueSerde.serialize(topic, start);
  }

  /** Logs and forwards every pending update, each with the headers of the record that wrote it last (JVM). True when there was one. */
  flush(): boolean {
    if (this.#pending.isEmpty) return false;
    this.#count(-this.#pendingBytes);
    const { context } = this.options;
    const { headers, origin } = context;
    for (let row = this.#pending.shift(); row !== undefined; row = this.#pending.shift()) {
      const before = row.oldBytes;
      row.oldBytes = null;
      context.headers = row.headers;
      context.origin = row.origin;
      row.headers = row.origin = undefined;
      // A row that came and went between two commits was never there, and one that has expired is no more, for those who listen (JVM).
      if (row.value === null && (before === null || this.hasExpired(row)) && this.#isListenedTo) row.bytes = null;
      else this.#publish(row, before, row.timestamp);
    }
    // A full cache is flushed in the middle of a record.
    context.headers = headers;
    context.origin = origin;
    return true;
  }

  /**
   * Reads the rows that the records of a batch will need, in one go beside the thread; undefined when there is nothing to wait for. A store whose rows
   * are all in memory is not looked through again and again: it waits until rows are missed.
   */
  readAhead(batch: RecordKeys): Promise<void> | undefined {
    const isWorthwhile = this.#loads >= Math.max(readAheadFrom.rows, this.#batchCount * readAheadFrom.part);
    this.#loads = 0;
    this.#batchCount = batch.count;
    const missing = isWorthwhile ? this.missing(batch) : [];
    return missing.length === 0 ? undefined : this.#read(missing);
  }

  /** Rows that committed transactions changed, as the engine takes them; the store counts them as written. */
  drain(into: DrainedChanges): void {
    for (const row of this.takeChanged()) {
      into.keys.push(row.localKey);
      const bytes = this.bytesOf(row);
      into.values.push(bytes === null ? null : localValue(bytes, row.timestamp));
    }
  }

  /** The rows that the engine does not know yet; from now on it does. */
  protected takeChanged(): readonly StoreRow[] {
    const changed = this.#changed;
    for (const row of changed) row.isChanged = false;
    this.#taken = changed;
    this.#changed = [];
    this.#changedBytes = 0;
    return changed;
  }

  protected bytesOf(row: StoreRow): Uint8Array | null {
    return row.bytes === undefined ? this.#serialized(row) : row.bytes;
  }

  /** Whether the store below the record cache no longer gives a row. */
  protected hasExpired(_row: StoreRow): boolean {
    return false;
  }

  /** The bytes that a key has in ranges. */
  keyBytes(key: unknown): Uint8Array {
    return this.bytesBy(this.options.keySerde, key);
  }

  /** The bytes that another serde makes of part of a key. */
  bytesBy(serde: Serde<unknown>, part: unknown): Uint8Array {
    return serde.serialize(this.options.topic, part);
  }

  /** All rows, in the order of the store. Only where the engine can be scanned at once. */
  abstract all(): StoreEntry[];

  /** Rows of a range of local keys, see `scanRows`. */
  protected scan(range: KeyRange): ScannedRow[] {
    return scanRows(this.options.engine, this.#changed, range);
  }

  /** Rows of a range of local keys that the engine may not have yet, each once: for reads from beside the task. */
  protected unwritten(range: KeyRange): readonly StoreRow[] {
    const taken = this.#taken.filter(({ isChanged }) => !isChanged);
    return [...taken, ...this.#changed].filter(({ localKey }) => isWithin(localKey, range));
  }

  /** A row for a reader beside the task; undefined when it is deleted. The bytes are made anew where the task has not needed them yet. */
  protected readRow(row: StoreRow, key: Uint8Array, start: number, end: number): ReadRow | undefined {
    if (row.value === null) return undefined;
    const { valueSerde, topic } = this.options;
    return { key, value: row.bytes ?? valueSerde.serialize(topic, row.value), timestamp: row.timestamp, start, end };
  }

  /** Rows of a batch that are not in memory, each once. Keys that cannot be read are left to their turn. */
  protected abstract missing(batch: RecordKeys): readonly MissingRow[];

  /** The store below the record cache has a row no more; `isReadable`: the cache still gives it. */
  protected forget(row: StoreRow, isReadable: boolean): void {
    if (row.isPending) row.oldBytes = null;
    else row.bytes = null;
    if (!isReadable) row.value = null;
    if (row.isChanged) return;
    row.isChanged = true;
    this.#changed.push(row);
    this.#changedBytes += row.sizeBytes;
  }

  /** Forgets changes that are of no use any more. */
  protected dropChanged(isDead: (row: StoreRow) => boolean): void {
    this.#era++;
    this.#changed = this.#changed.filter((row) => !isDead(row));
  }

  /** Forgets rows not used lately when all stores together hold too much. Only after what `drain` gave is written. */
  trim(): void {
    this.#taken = [];
    if (!this.isMemoryShort || this.#changed.length > 0 || !this.#pending.isEmpty) return;
    this.#era++;
    this.release(this.rotate());
  }

  /** All stores together hold more than they may: what can be forgotten should be. */
  get isMemoryShort(): boolean {
    const { usedBytes, maxBytes } = this.options.memory.resident;
    return usedBytes > maxBytes;
  }

  /** The task ends: its share of the memory is free. */
  close(): void {
    this.#count(-this.#pendingBytes);
    this.release(this.#residentBytes);
  }

  /** Rows that the engine does not know yet. */
  get changedCount(): number {
    return this.#changed.length;
  }

  get changedBytes(): number {
    return this.#changedBytes;
  }

  /** Forgets a generation of rows; gives their bytes. */
  protected abstract rotate(): number;

  /** A row has come into memory. */
  protected reside(row: StoreRow): StoreRow {
    this.#residentBytes += row.sizeBytes;
    this.options.memory.resident.usedBytes += row.sizeBytes;
    return row;
  }

  protected release(bytes: number): void {
    this.#residentBytes -= bytes;
    this.options.memory.resident.usedBytes -= bytes;
  }

  /** What the engine has under a key, now: for reads that could not be foreseen. */
  protected stored(localKey: Buffer): Buffer | undefined {
    this.#loads++;
    return this.options.engine.getSync(localKey);
  }

  protected decoded(bytes: Buffer): unknown {
    return this.options.valueSerde.deserialize(this.options.topic, bytes);
  }

  async #read(missing: readonly MissingRow[]): Promise<void> {
    const era = this.#era;
    const found = await this.options.engine.getMany(missing.map(({ localKey }) => localKey));
    this.#loads += missing.length;
    if (era !== this.#era) return;
    missing.forEach((row, i) => row.add(found[i]));
  }

  #publish(row: StoreRow, before: Uint8Array | null, loggedTime: number): void {
    const bytes = this.#serialized(row);
    const { changelog, logsHeaders, context } = this.options;
    const isWithHeaders = logsHeaders === 'all' || (logsHeaders === 'deletions' && bytes === null);
    changelog?.append(row.changelogKey, bytes, loggedTime, isWithHeaders ? context.headers : undefined);
    // Decoded anew: an aggregator may have changed the old object.
    const old = before === null || !this.#needsOld ? null : this.decoded(before as Buffer);
    this.#forward(row.key, row.value, old, row.timestamp);
  }

  #keepHeaders(row: StoreRow, headers: readonly Header[] | undefined): void {
    this.#count(headersSizeOf(headers) - headersSizeOf(row.headers));
    row.headers = headers === undefined ? undefined : ownHeaders(headers);
  }

  #serialized(row: StoreRow): Uint8Array | null {
    const { valueSerde, topic } = this.options;
    row.bytes = row.value === null ? null : valueSerde.serialize(topic, row.value);
    const before = row.sizeBytes;
    row.sizeBytes = sizeOf(row);
    this.release(before - row.sizeBytes);
    return row.bytes;
  }

  #count(bytes: number): void {
    this.#pendingBytes += bytes;
    this.options.memory.recordCache.usedBytes += bytes;
  }
}
