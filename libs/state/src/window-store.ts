import type { KeyValue } from '@millrace/ports';
import {
  afterStart,
  firstLiveStart,
  readLocalValue,
  readWindowLocalKey,
  segmentMs,
  windowChangelogKey,
  windowLocalKey,
} from './local-keys.ts';
import { overlaidScan } from './overlaid-scan.ts';
import { ResidentRows, type RowKey } from './resident-rows.ts';
import { readableKey, rowKeyOf } from './row-key.ts';
import type { ScannedRow, StoreEntry } from './store-entry.ts';
import {
  isWithinKeys,
  singleKey,
  type IsolationLevel,
  type ReadRow,
  type ReadableStore,
  type StoreRead,
} from './store-read.ts';
import { storeRow, type StoreRow } from './store-row.ts';
import {
  TaskStore,
  type DrainedChanges,
  type MissingRow,
  type RecordKeys,
  type TaskStoreOptions,
} from './task-store.ts';
import { inStoreOrder, type WindowEntry, type WindowOrder } from './window-order.ts';
import { windowsOfKey, windowsOfKeyBackwards } from './window-reads.ts';

export interface WindowStoreOptions extends TaskStoreOptions {
  readonly sizeMs: number;
  readonly retentionMs: number;
  /** Kept in memory: what has expired is gone a millisecond sooner than on disk (JVM). @default false */
  readonly inMemory?: boolean;
  /** See `WindowStoreSpec`. */
  readonly timeOrdered?: boolean;
}

type WindowsRead = Extract<StoreRead, { readonly type: 'windows' }>;

/** A row of a window that has closed. */
export type ClosedRow = Pick<StoreRow, 'key' | 'value' | 'timestamp'>;

/** Rows by window and key. Segments whose windows all ended longer ago than the retention, in event time, are deleted at the next drain. */
export class WindowStore extends TaskStore implements ReadableStore {
  readonly #windows = new Map<number, ResidentRows>();
  readonly #rowKey: (key: unknown) => RowKey;
  readonly #sizeMs: number;
  readonly #retentionMs: number;
  /** What has just expired is read still. */
  readonly #firstLive: 0 | 1;
  readonly #isByKey: boolean;
  readonly #order: WindowOrder;
  /** Greatest start that was written. */
  #observedMs = -1;
  #deletedBelow = 0;
  /** Windows from here on are not to expire yet. */
  #keepFrom: () => number = () => Infinity;
  #startsOf: (timestamp: number) => readonly number[] = () => [];
  #current: { start: number; rows: ResidentRows } = { start: -1, rows: new ResidentRows() };

  constructor(options: WindowStoreOptions) {
    super(options);
    this.#sizeMs = options.sizeMs;
    this.#retentionMs = options.retentionMs;
    this.#firstLive = options.timeOrdered === true ? 0 : 1;
    this.#isByKey = options.timeOrdered !== true && options.inMemory !== true;
    const { inMemory = false, timeOrdered = false, retentionMs } = options;
    const changelogKey: WindowOrder['changelogKey'] = ({ keyBytes, time }) => windowChangelogKey(keyBytes, time);
    this.#order = { inMemory, timeOrdered, retentionMs, changelogKey };
    this.#rowKey = rowKeyOf(options.keySerde, options.topic);
  }

  /** Windows that still have something to give are kept, however far event time has jumped. */
  keepFrom(start: () => number): void {
    this.#keepFrom = start;
  }

  /** The row of a key in the window that begins at `start`; its `value` is null when there is none. */
  row(key: unknown, start: number): StoreRow {
    const rows = start === this.#current.start ? this.#current.rows : this.#window(start);
    const rowKey = this.#rowKey(key);
    return rows.get(rowKey) ?? this.#load(key, start, rowKey, rows);
  }

  /**
   * All rows of windows that begin in `[first, to]`, in the order of start and key; on disk, unless `timeOrdered`, of key and start (JVM). Nothing may be written
   * there meanwhile. Without a record cache those that have expired are not among them, as when event time jumps (JVM).
   */
  async closed(first: number, to: number): Promise<readonly ClosedRow[]> {
    const { id, engine, caching } = this.options;
    const from = caching ? first : Math.max(first, this.#observedMs - this.#retentionMs + this.#firstLive);
    if (from > to) return [];
    const found: { readonly id: string; readonly row: ClosedRow }[] = [];
    const resident = new Set<string>();
    for (const [start, rows] of this.#windows) {
      if (start < from || start > to) continue;
      for (const row of rows) {
        const name = row.localKey.toString('latin1');
        resident.add(name);
        if (row.value !== null) found.push({ id: this.#rank(row.localKey, name), row });
      }
    }
    const isMixed = found.length > 0;
    for await (const chunk of engine.scan({ gte: windowLocalKey(id, from), lt: windowLocalKey(id, to + 1) })) {
      for (const [localKey, stored] of chunk) {
        const name = localKey.toString('latin1');
        if (!resident.has(name)) found.push({ id: this.#rank(localKey, name), row: this.#closedRow(localKey, stored) });
      }
    }
    if (isMixed || this.#isByKey) found.sort((a, b) => (a.id < b.id ? -1 : 1));
    return found.map(({ row }) => row);
  }

  /** Where a row comes among final results. */
  #rank(localKey: Buffer, name: string): string {
    if (!this.#isByKey) return name;
    const { key, start } = readWindowLocalKey(localKey);
    const segment = windowLocalKey(0, Math.floor(start / segmentMs(this.#retentionMs)));
    return segment.toString('latin1') + Buffer.from(windowChangelogKey(key, start)).toString('latin1');
  }

  all(): StoreEntry[] {
    return this.rows(0, Infinity);
  }

  /**
   * Rows of windows that start in `[from, to]`, in the order of the store. With a record cache also what has expired, as far as it is there; without one
   * nothing that has (JVM).
   */
  rows(from: number, to: number): WindowEntry[] {
    const found = this.#scanned(from, to).map((scanned) => this.#entry(scanned));
    return inStoreOrder(found, this.#order);
  }

  /** The rows of a key in windows that start in `[from, to]`, in the order of their start; otherwise as `rows`. */
  fetch(key: unknown, from: number, to: number): WindowEntry[] {
    const wanted = this.keyBytes(key);
    return this.#scanned(from, to)
      .filter(({ localKey }) => readWindowLocalKey(localKey).key.equals(wanted))
      .map((scanned) => this.#entry(scanned));
  }

  #scanned(from: number, to: number): ScannedRow[] {
    const { id } = this.options;
    const first = Math.max(from, this.#firstReadable());
    if (first > to) return [];
    return this.scan({ gte: windowLocalKey(id, first), lt: afterStart(id, to) });
  }

  /** Rows of windows that start in a range, of one key or of a range of keys, from beside the task; as much of what has expired as `all` gives. */
  async *read(read: StoreRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    if (read.type !== 'windows') return;
    const from = Math.max(0, read.from, this.#firstReadable());
    if (from > read.to) return;
    const key = singleKey(read);
    if (key === undefined) yield* this.#readRange({ ...read, from }, isolation);
    else yield* this.#readKey(key, { ...read, from }, isolation);
  }

  async *#readRange(read: WindowsRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { id, engine } = this.options;
    const range = { gte: windowLocalKey(id, read.from), lt: afterStart(id, read.to), reverse: read.reverse };
    const unwritten = (): readonly StoreRow[] => (isolation === 'read_committed' ? [] : this.unwritten(range));
    for await (const chunk of overlaidScan(engine, range, unwritten)) {
      const rows = chunk.flatMap(({ localKey, stored, over }) =>
        over === undefined ? this.#storedRow([localKey, stored]) : (this.#residentRow(over) ?? []),
      );
      yield rows.filter((row) => isWithinKeys(row.key, read));
    }
  }

  async *#readKey(
    key: Uint8Array,
    read: WindowsRead,
    isolation: IsolationLevel,
  ): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { id, engine } = this.options;
    const resident = isolation === 'read_committed' ? [] : this.#residentOf(key, read);
    const isResident = new Set(resident.map(({ start }) => start));
    const windowsOf = read.reverse ? windowsOfKeyBackwards : windowsOfKey;
    const direction = read.reverse ? -1 : 1;
    let at = 0;
    const upTo = (start: number): ReadRow[] => {
      const before = at;
      while (at < resident.length && direction * ((resident[at] as StoreRow).start - start) < 0) at++;
      return resident.slice(before, at).flatMap((row) => this.#residentRow(row) ?? []);
    };
    const to = Math.min(read.to, Number.MAX_SAFE_INTEGER - 1);
    for await (const entry of windowsOf(engine, id, key, { from: read.from, to })) {
      const row = this.#storedRow(entry);
      const rows = [...upTo(row.start), ...(isResident.has(row.start) ? [] : [row])];
      if (rows.length > 0) yield rows;
    }
    yield upTo(direction * Infinity);
  }

  /** The rows of a key that are in memory, in the order of the read. */
  #residentOf(key: Uint8Array, { from, to, reverse }: WindowsRead): StoreRow[] {
    const { keySerde, topic } = this.options;
    const rowKey = this.#rowKey(keySerde.deserialize(topic, Buffer.from(key)));
    const rows = [...this.#windows].flatMap(([start, resident]) =>
      start < from || start > to ? [] : (resident.peek(rowKey) ?? []),
    );
    return rows.sort((a, b) => (reverse ? b.start - a.start : a.start - b.start));
  }

  #residentRow(row: StoreRow): ReadRow | undefined {
    return this.readRow(row, readWindowLocalKey(row.localKey).key, row.start, row.start + this.#sizeMs);
  }

  #storedRow([localKey, stored]: KeyValue): ReadRow {
    const { key, start } = readWindowLocalKey(localKey);
    return { key, ...readLocalValue(stored), start, end: start + this.#sizeMs };
  }

  /** Whether a row is written in vain: in memory windows expire to the millisecond, on disk with their segment (JVM). */
  isExpired(start: number, isInMemory: boolean, seenMs = this.#observedMs): boolean {
    const observedMs = Math.max(seenMs, start);
    return isInMemory ? start <= observedMs - this.#retentionMs : start < firstLiveStart(observedMs, this.#retentionMs);
  }

  #firstReadable(): number {
    return this.options.caching ? 0 : Math.max(0, this.#observedMs - this.#retentionMs + this.#firstLive);
  }

  /** A window that is being restored is there; see `expire`. */
  observe(start: number): void {
    if (start > this.#observedMs) this.#observedMs = start;
  }

  /** Deletes the windows that have expired, here and in the engine. Gives the first start that is kept. */
  expire({ deleteRanges }: DrainedChanges): number {
    const { id, caching, memory } = this.options;
    if (caching && memory.keepsExpired) return this.#deletedBelow;
    const first = Math.min(firstLiveStart(this.#observedMs, this.#retentionMs), this.#keepFrom());
    if (first <= this.#deletedBelow) return this.#deletedBelow;
    deleteRanges.push({ gte: windowLocalKey(id, 0), lt: windowLocalKey(id, first) });
    this.#deletedBelow = first;
    for (const [start, rows] of this.#windows) {
      if (start >= first) continue;
      for (const { sizeBytes } of rows) this.release(sizeBytes);
      this.#forget(start);
    }
    this.dropChanged((row) => row.start < first);
    return first;
  }

  /** The windows that the records of an operator will meet: then `readAhead` knows their rows. */
  foresee(startsOf: (timestamp: number) => readonly number[]): void {
    this.#startsOf = startsOf;
  }

  override drain(into: DrainedChanges): void {
    this.expire(into);
    super.drain(into);
  }

  protected rotate(): number {
    let freed = 0;
    for (const [start, rows] of this.#windows) {
      freed += rows.rotate();
      if (rows.size === 0) this.#forget(start);
    }
    return freed;
  }

  override put(row: StoreRow, value: unknown, timestamp: number, recordTime: number, told?: Uint8Array | null): void {
    this.observe(row.start);
    super.put(row, value, timestamp, recordTime, told);
  }

  #window(start: number): ResidentRows {
    let rows = this.#windows.get(start);
    if (rows === undefined) {
      rows = new ResidentRows();
      this.#windows.set(start, rows);
    }
    this.#current = { start, rows };
    return rows;
  }

  protected missing(batch: RecordKeys): readonly MissingRow[] {
    const { keySerde, topic } = this.options;
    const missing = new Map<string, MissingRow>();
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.key(i);
      const key = bytes === null ? undefined : readableKey(keySerde, topic, bytes);
      if (bytes === null || key === undefined) continue;
      const rowKey = this.#rowKey(key);
      for (const start of this.#startsOf(batch.timestamp(i))) {
        const name = `${start} ${rowKey}`;
        if (start < this.#deletedBelow || missing.has(name)) continue;
        if (this.#windows.get(start)?.get(rowKey) === undefined)
          missing.set(name, this.#missingRow(key, start, rowKey, bytes));
      }
    }
    return [...missing.values()];
  }

  #missingRow(key: unknown, start: number, rowKey: RowKey, keyBytes: Buffer): MissingRow {
    const localKey = windowLocalKey(this.options.id, start, keyBytes);
    return {
      localKey,
      add: (stored) => {
        const rows = this.#window(start);
        if (rows.get(rowKey) === undefined) this.#add(key, start, rowKey, rows, localKey, keyBytes, stored);
      },
    };
  }

  #load(key: unknown, start: number, rowKey: RowKey, rows: ResidentRows): StoreRow {
    const { id, keySerde, topic } = this.options;
    const keyBytes = keySerde.serialize(topic, key);
    const localKey = windowLocalKey(id, start, keyBytes);
    return this.#add(key, start, rowKey, rows, localKey, keyBytes, this.stored(localKey));
  }

  #add(
    key: unknown,
    start: number,
    rowKey: RowKey,
    rows: ResidentRows,
    localKey: Buffer,
    keyBytes: Uint8Array,
    stored: Buffer | undefined,
  ): StoreRow {
    const found = stored === undefined ? undefined : readLocalValue(stored);
    const row = storeRow(
      { key, window: { start, end: start + this.#sizeMs } },
      start,
      localKey,
      windowChangelogKey(keyBytes, start),
      found === undefined ? null : this.decoded(found.value),
      found?.timestamp ?? -1,
      found?.value ?? null,
    );
    rows.add(rowKey, row);
    return this.reside(row);
  }

  #entry({ localKey, stored, row }: ScannedRow): WindowEntry {
    const { key, value, timestamp } = row ?? this.#closedRow(localKey, stored);
    const { key: keyBytes, start: time } = readWindowLocalKey(localKey);
    return { key: key as WindowEntry['key'], value, timestamp, keyBytes, time };
  }

  #closedRow(localKey: Buffer, stored: Buffer): ClosedRow {
    const { keySerde, topic } = this.options;
    const { key, start } = readWindowLocalKey(localKey);
    const { value, timestamp } = readLocalValue(stored);
    return {
      key: { key: keySerde.deserialize(topic, key), window: { start, end: start + this.#sizeMs } },
      value: this.decoded(value),
      timestamp,
    };
  }

  #forget(start: number): void {
    this.#windows.delete(start);
    if (this.#current.start === start) this.#current = { start: -1, rows: new ResidentRows() };
  }
}
