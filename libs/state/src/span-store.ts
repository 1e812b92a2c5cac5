/**
 * Rows by key and span of time that are looked for by key and time: sessions, and sliding windows. An operator does not know the bounds of the rows
 * that it will meet, so the rows of a key in a segment of time lie in one value of the engine: at most four reads find all that can still change.
 *
 * What has expired is not read any more, by the JVM's rules: without a record cache from one millisecond to the next, else with its segment.
 */
import type { FetchedBatch, Header, KeyValue } from '@millrace/ports';
import {
  firstLiveStart,
  keyValueLocalKey,
  readInt64,
  readWindowLocalKey,
  segmentMs,
  windowLocalKey,
  writeInt64,
} from './local-keys.ts';
import { overlaidScan } from './overlaid-scan.ts';
import { ResidentRows, type RowKey } from './resident-rows.ts';
import { readableKey, rowKeyOf } from './row-key.ts';
import { decodeBundle, encodeBundle, type BundledRow } from './span-bundle.ts';
import type { Span, SpanKind } from './span-kind.ts';
import type { StoreEntry } from './store-entry.ts';
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
  type ForwardChange,
  type MissingRow,
  type RecordKeys,
  type TaskStoreOptions,
} from './task-store.ts';
import { inStoreOrder, type WindowEntry, type WindowOrder } from './window-order.ts';

export interface SpanStoreOptions extends TaskStoreOptions {
  readonly span: SpanKind;
  readonly retentionMs: number;
  /** Stores in memory expire row by row, those on disk by segments (JVM). */
  readonly inMemory: boolean;
  /** See `WindowStoreSpec`. */
  readonly timeOrdered?: boolean;
  /** Rows are read without their time, -1 (JVM); see `UntimedWindowStore`. */
  readonly isUntimed?: boolean;
  /** Counts a row that was written although it has expired. */
  readonly expired: () => void;
}

/** A row of a `SpanStore`: its key is `Windowed`. */
export interface SpanRow extends StoreRow {
  readonly key: { readonly key: unknown; readonly window: Span };
  readonly bundle: Bundle;
}

interface Bundle {
  readonly localKey: Buffer;
  readonly keyBytes: Uint8Array;
  /** In the order of their time. */
  rows: SpanRow[];
  readonly sizeBytes: number;
}

type WindowsRead = Extract<StoreRead, { readonly type: 'windows' }>;

/** What a bundle takes beside its rows. */
const bundleBytes = 250;

export class SpanStore extends TaskStore implements ReadableStore {
  readonly #options: SpanStoreOptions;
  readonly #rowKey: (key: unknown) => RowKey;
  readonly #storeOrder: WindowOrder;
  readonly #segmentMs: number;
  readonly #segments = new Map<number, ResidentRows<Bundle>>();
  /** Starts of the segments that may have rows, ascending. */
  #known: number[] = [];
  /** Greatest time that went through the record cache, and what the engine knows of it. */
  #observedMs = -1;
  #storedMs = -1;
  #deletedBelow = 0;
  #isTimeless = false;
  #keepFrom: () => number = () => Infinity;

  constructor(options: SpanStoreOptions) {
    super(options);
    this.#options = options;
    this.#segmentMs = segmentMs(options.retentionMs);
    this.#rowKey = rowKeyOf(options.keySerde, options.topic);
    this.#storeOrder = {
      ...options,
      changelogKey: ({ keyBytes, key: { window } }) => options.span.changelogKey(keyBytes, window),
    };
    const stored = options.engine.getSync(observedKey(options.id));
    if (stored !== undefined) this.#recall(readInt64(stored, 0));
    this.forwardTo(this.#watched(() => undefined));
  }

  override onUpdate(forward: ForwardChange, needsOld: boolean): void {
    super.onUpdate(this.#watched(forward), needsOld);
  }

  /** Windows that still have something to give are kept, however far event time has jumped. */
  keepFrom(start: () => number): void {
    this.#keepFrom = start;
  }

  /** The rows of a key in `[from, to]` that have a value, in the order of their time. */
  find(key: unknown, from: number, to: number): SpanRow[] {
    const { span, caching, isUntimed } = this.#options;
    const least = caching ? from : Math.max(from, this.#firstReadable());
    const first = this.#segmentOf(least);
    const rowKey = this.#rowKey(key);
    const found: SpanRow[] = [];
    for (const segment of this.#known) {
      if (segment < first) continue;
      if (segment > to && !span.reachesBack) break;
      for (const row of this.#bundle(segment, key, rowKey).rows)
        if (row.value !== null && span.isWithin(row.key.window, least, to)) found.push(row);
    }
    if (isUntimed === true) for (const row of found) row.timestamp = -1;
    return found;
  }

  /** The same in the order of the store. */
  entriesOf(key: unknown, from: number, to: number): WindowEntry[] {
    const { span } = this.#options;
    const found = this.find(key, from, to).map(({ key: windowed, value, timestamp, bundle: { keyBytes } }) => {
      return { key: windowed, value, timestamp, keyBytes, time: span.time(windowed.window) };
    });
    return inStoreOrder(found, this.#storeOrder);
  }

  /** The row of a key and a span; its `value` is null when there is none. */
  row(key: unknown, window: Span): SpanRow {
    const time = this.#options.span.time(window);
    const segment = this.#segmentOf(time);
    this.#learn(segment);
    const bundle = this.#bundle(segment, key, this.#rowKey(key));
    const { rows } = bundle;
    let at = rows.length;
    for (; at > 0; at--) {
      const before = rows[at - 1] as SpanRow;
      const order = this.#order(before.key.window, window);
      if (order === 0) return before;
      if (order < 0) break;
    }
    const row = this.#row(bundle, key, window, undefined);
    rows.splice(at, 0, row);
    return row;
  }

  override put(row: SpanRow, value: unknown, timestamp: number, recordTime: number, told?: Uint8Array | null): void {
    super.put(row, value, timestamp, recordTime, told);
    if (this.options.caching || value === null || !this.#isDead(row.key.window)) return;
    row.value = null;
    row.bytes = null;
  }

  /** Deletes a row. In memory that does not move the time of the store, unlike a put of null (JVM). */
  remove(row: SpanRow, recordTime: number): void {
    this.#isTimeless = this.#options.inMemory;
    this.put(row, null, recordTime, recordTime);
    this.#isTimeless = false;
  }

  /** A value for a second row: user code may change the first one's in place. */
  copyOf(value: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    const { valueSerde, topic } = this.options;
    const bytes = valueSerde.serialize(topic, value);
    return this.decoded(Buffer.from(bytes));
  }

  /** All rows whose time lies in `[from, to]`, in the order of time. Nothing may be written there meanwhile. */
  async closed(from: number, to: number): Promise<readonly StoreEntry[]> {
    const { engine, id } = this.options;
    const stored: KeyValue[] = [];
    const range = { gte: windowLocalKey(id, this.#segmentOf(from)), lt: windowLocalKey(id, this.#segmentOf(to) + 1) };
    for await (const chunk of engine.scan(range)) stored.push(...chunk);
    return this.#entries(stored, Math.max(from, this.#firstClosed()), to);
  }

  all(): StoreEntry[] {
    return this.rows(0, Infinity);
  }

  /** Rows whose time lies in `[from, to]`, in the order of the store. Only where the engine can be scanned at once. */
  rows(from: number, to: number): WindowEntry[] {
    const { engine, id, caching } = this.#options;
    const stored = engine.scanSync?.({ gte: windowLocalKey(id, 0), lt: observedKey(id) }) ?? [];
    const least = caching ? from : Math.max(from, this.#firstReadable());
    return inStoreOrder(this.#entries(stored, least, to), this.#storeOrder);
  }

  /** Rows of one key or of a range of keys, see `SpanKind.isWithin`, from beside the task: by segment, then key, then time. */
  async *read(read: StoreRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    if (read.type !== 'windows') return;
    const { caching, span } = this.#options;
    const from = caching ? read.from : Math.max(read.from, this.#firstReadable());
    const first = this.#segmentOf(from);
    const segments = this.#known.filter((segment) => segment >= first && (span.reachesBack || segment <= read.to));
    if (read.reverse) segments.reverse();
    const key = singleKey(read);
    for (const segment of segments) {
      const bundles =
        key === undefined ? this.#readSegment(segment, read, isolation) : this.#readBundle(segment, key, isolation);
      for await (const rows of bundles) {
        const wanted = rows.filter((row) => span.isWithin(row, from, read.to));
        if (wanted.length > 0) yield read.reverse ? wanted.reverse() : wanted;
      }
    }
  }

  async *#readBundle(
    segment: number,
    key: Uint8Array,
    isolation: IsolationLevel,
  ): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { id, engine, keySerde, topic } = this.options;
    const rowKey = this.#rowKey(keySerde.deserialize(topic, Buffer.from(key)));
    const bundle = isolation === 'read_committed' ? undefined : this.#segments.get(segment)?.peek(rowKey);
    if (bundle !== undefined) return yield this.#readRows(bundle);
    const [stored] = await engine.getMany([windowLocalKey(id, segment, key)]);
    yield decodeBundle(stored).map((row) => ({ ...row, key }));
  }

  /** Bundle by bundle. */
  async *#readSegment(
    segment: number,
    read: WindowsRead,
    isolation: IsolationLevel,
  ): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { id, engine } = this.options;
    const range = { gte: windowLocalKey(id, segment), lt: windowLocalKey(id, segment + 1), reverse: read.reverse };
    const unwritten = (): Bundle[] =>
      isolation === 'read_committed' ? [] : [...new Set(this.unwritten(range).map((row) => (row as SpanRow).bundle))];
    for await (const chunk of overlaidScan(engine, range, unwritten)) {
      for (const { localKey, stored, over } of chunk) {
        const { key } = readWindowLocalKey(localKey);
        if (!isWithinKeys(key, read)) continue;
        yield over === undefined ? decodeBundle(stored).map((row) => ({ ...row, key })) : this.#readRows(over);
      }
    }
  }

  #readRows({ rows, keyBytes }: Bundle): ReadRow[] {
    return rows.flatMap((row) => this.readRow(row, keyBytes, row.key.window.start, row.key.window.end) ?? []);
  }

  override drain(into: DrainedChanges): void {
    this.#expire(into);
    const bundles = new Set<Bundle>();
    for (const row of this.takeChanged()) bundles.add((row as SpanRow).bundle);
    for (const bundle of bundles) {
      const kept = bundle.rows.filter(({ value, isPending }) => value !== null || isPending);
      for (const { value, isPending, sizeBytes } of bundle.rows)
        if (value === null && !isPending) this.release(sizeBytes);
      bundle.rows = kept;
      into.keys.push(bundle.localKey);
      into.values.push(kept.length === 0 ? null : encodeBundle(kept.map((row) => this.#bundled(row))));
    }
    this.#remember(into);
  }

  /** Takes records of the changelog; gives what the engine is to write. */
  async restore(batch: FetchedBatch, into: DrainedChanges): Promise<void> {
    const { span, id, engine } = this.#options;
    const spans = new Map<
      string,
      { localKey: Buffer; changes: (Span & { value: Buffer | null; timestamp: number })[] }
    >();
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.key(i);
      if (bytes === null) continue;
      const { key, start, end } = span.readChangelogKey(bytes);
      const time = span.time({ start, end });
      this.#observedMs = Math.max(this.#observedMs, time);
      this.#learn(this.#segmentOf(time));
      const localKey = windowLocalKey(id, this.#segmentOf(time), key);
      const name = localKey.toString('latin1');
      const entry = spans.get(name) ?? { localKey, changes: [] };
      spans.set(name, entry);
      entry.changes.push({ start, end, value: batch.value(i), timestamp: batch.timestamp(i) });
    }
    this.#expire(into);
    const live = [...spans.values()].filter(({ localKey }) => readWindowLocalKey(localKey).start >= this.#deletedBelow);
    const before = await engine.getMany(live.map(({ localKey }) => localKey));
    live.forEach(({ localKey, changes }, i) => {
      let rows: BundledRow[] = decodeBundle(before[i]);
      for (const { value, ...row } of changes) {
        rows = rows.filter(({ start, end }) => start !== row.start || end !== row.end);
        if (value !== null) rows.push({ ...row, value });
      }
      rows.sort((a, b) => this.#order(a, b));
      into.keys.push(localKey);
      into.values.push(rows.length === 0 ? null : encodeBundle(rows));
    });
    this.#remember(into);
  }

  protected rotate(): number {
    let freed = 0;
    for (const [segment, bundles] of this.#segments) {
      freed += bundles.rotate();
      if (bundles.size === 0) this.#segments.delete(segment);
    }
    return freed;
  }

  protected missing(batch: RecordKeys): readonly MissingRow[] {
    const { id, keySerde, topic } = this.options;
    const missing = new Map<string, MissingRow>();
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.key(i);
      const key = bytes === null ? undefined : readableKey(keySerde, topic, bytes);
      if (bytes === null || key === undefined) continue;
      const rowKey = this.#rowKey(key);
      for (const segment of this.#known) {
        const name = `${segment} ${rowKey}`;
        if (missing.has(name) || this.#segments.get(segment)?.get(rowKey) !== undefined) continue;
        const localKey = windowLocalKey(id, segment, bytes);
        missing.set(name, { localKey, add: (stored) => this.#take(segment, key, rowKey, localKey, bytes, stored) });
      }
    }
    return [...missing.values()];
  }

  protected override hasExpired(row: StoreRow): boolean {
    return this.#options.span.time((row as SpanRow).key.window) < this.#firstReadable();
  }

  /** What is written moves the time of the store, and is forwarded as its kind asks for. */
  #watched(forward: ForwardChange): ForwardChange {
    const { span, caching, logsHeaders, context, expired } = this.#options;
    // Sessions in the format with headers are forwarded with those of the row, which are none (JVM).
    const isBare = span.reachesBack && (!caching || logsHeaders === 'deletions');
    return (key, newValue, oldValue, timestamp) => {
      const { window } = key as SpanRow['key'];
      if (!this.#isTimeless) this.#observedMs = Math.max(this.#observedMs, span.time(window));
      if (newValue !== null && this.#isDead(window)) expired();
      const time = span.forwardTime(window) ?? timestamp;
      if (!isBare) return forward(key, newValue, oldValue, time);
      // Sessions without a record cache are forwarded without headers (JVM).
      const headers: readonly Header[] | undefined = context.headers;
      context.headers = undefined;
      forward(key, newValue, oldValue, time);
      context.headers = headers;
    };
  }

  /** Whether the store below the record cache refuses to take a row. */
  #isDead(window: Span): boolean {
    const { span, retentionMs, inMemory } = this.#options;
    const time = span.time(window);
    return inMemory
      ? time <= this.#observedMs - retentionMs
      : this.#segmentOf(time) < firstLiveStart(this.#observedMs, retentionMs);
  }

  #firstReadable(): number {
    const { retentionMs, timeOrdered = false } = this.#options;
    return Math.max(0, this.#observedMs - retentionMs + (timeOrdered ? 0 : 1));
  }

  /** Results of sessions on disk are read as long as their segment is there (JVM). */
  #firstClosed(): number {
    const { span, inMemory, retentionMs } = this.#options;
    return span.reachesBack && !inMemory ? firstLiveStart(this.#observedMs, retentionMs) : this.#firstReadable();
  }

  #segmentOf(time: number): number {
    return Math.max(0, Math.floor(time / this.#segmentMs) * this.#segmentMs);
  }

  #order(a: Span, b: Span): number {
    const { span } = this.#options;
    return span.time(a) - span.time(b) || a.start - b.start;
  }

  #learn(segment: number): void {
    const known = this.#known;
    if (known.includes(segment)) return;
    known.push(segment);
    known.sort((a, b) => a - b);
  }

  /** After a restart: the segments that an engine may hold. */
  #recall(observedMs: number): void {
    this.#observedMs = this.#storedMs = observedMs;
    const first = firstLiveStart(observedMs, this.#options.retentionMs);
    for (let segment = first; segment <= observedMs; segment += this.#segmentMs) this.#learn(segment);
  }

  #remember({ keys, values }: DrainedChanges): void {
    if (this.#observedMs === this.#storedMs) return;
    this.#storedMs = this.#observedMs;
    const bytes = Buffer.allocUnsafe(8);
    writeInt64(bytes, this.#observedMs, 0);
    keys.push(observedKey(this.options.id));
    values.push(bytes);
  }

  #expire({ deleteRanges }: DrainedChanges): void {
    const { id, caching, memory } = this.options;
    if (caching && memory.keepsExpired) return;
    const live = firstLiveStart(this.#observedMs, this.#options.retentionMs);
    const first = Math.min(live, this.#segmentOf(this.#keepFrom()));
    if (first <= this.#deletedBelow) return;
    this.#deletedBelow = first;
    deleteRanges.push({ gte: windowLocalKey(id, 0), lt: windowLocalKey(id, first) });
    this.#known = this.#known.filter((segment) => segment >= first);
    for (const [segment, bundles] of this.#segments) {
      if (segment >= first) continue;
      for (const { sizeBytes } of bundles) this.release(sizeBytes);
      this.#segments.delete(segment);
    }
    this.dropChanged((row) => readWindowLocalKey(row.localKey).start < first);
  }

  #bundle(segment: number, key: unknown, rowKey: RowKey): Bundle {
    const resident = this.#segments.get(segment)?.get(rowKey);
    if (resident !== undefined) return resident;
    const { id, keySerde, topic } = this.options;
    const keyBytes = keySerde.serialize(topic, key);
    const localKey = windowLocalKey(id, segment, keyBytes);
    return this.#take(segment, key, rowKey, localKey, keyBytes, this.stored(localKey));
  }

  #take(
    segment: number,
    key: unknown,
    rowKey: RowKey,
    localKey: Buffer,
    keyBytes: Uint8Array,
    stored: Buffer | undefined,
  ): Bundle {
    const bundles = this.#segments.get(segment) ?? new ResidentRows<Bundle>();
    this.#segments.set(segment, bundles);
    const resident = bundles.get(rowKey);
    if (resident !== undefined) return resident;
    const bundle: Bundle = {
      localKey,
      keyBytes,
      rows: [],
      get sizeBytes() {
        return this.rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, bundleBytes);
      },
    };
    this.release(-bundleBytes);
    for (const row of decodeBundle(stored)) bundle.rows.push(this.#row(bundle, key, row, row));
    bundles.add(rowKey, bundle);
    return bundle;
  }

  #row(
    bundle: Bundle,
    key: unknown,
    { start, end }: Span,
    stored: { readonly value: Buffer; readonly timestamp: number } | undefined,
  ): SpanRow {
    const window = { start, end };
    const row = storeRow(
      { key, window },
      start,
      bundle.localKey,
      this.#options.span.changelogKey(bundle.keyBytes, window),
      stored === undefined ? null : this.decoded(stored.value),
      stored?.timestamp ?? -1,
      stored?.value ?? null,
    );
    this.reside(row);
    return Object.assign(row, { bundle }) as SpanRow;
  }

  #bundled(row: SpanRow): BundledRow {
    const { start, end } = row.key.window;
    return { start, end, timestamp: row.timestamp, value: this.bytesOf(row) ?? new Uint8Array(0) };
  }

  /** Rows of the engine, and over them those in memory, whose time lies in `[from, to]`. */
  #entries(stored: readonly KeyValue[], from: number, to: number): WindowEntry[] {
    const { span, inMemory, isUntimed } = this.#options;
    const { keySerde, topic } = this.options;
    const found: { readonly entry: StoreEntry; readonly window: Span; readonly keyBytes: Uint8Array }[] = [];
    const resident = new Set<string>();
    for (const bundles of this.#segments.values()) {
      for (const { localKey, keyBytes, rows } of bundles) {
        resident.add(localKey.toString('latin1'));
        for (const row of rows) if (row.value !== null) found.push({ entry: row, window: row.key.window, keyBytes });
      }
    }
    for (const [localKey, bytes] of stored) {
      if (resident.has(localKey.toString('latin1'))) continue;
      const { key: keyBytes } = readWindowLocalKey(localKey);
      const key = keySerde.deserialize(topic, keyBytes);
      for (const { start, end, value, timestamp } of decodeBundle(bytes)) {
        const window = { start, end };
        found.push({ entry: { key: { key, window }, value: this.decoded(value), timestamp }, window, keyBytes });
      }
    }
    return found
      .filter(({ window }) => span.time(window) >= from && span.time(window) <= to)
      .sort((a, b) => {
        const byKey = Buffer.compare(a.keyBytes, b.keyBytes);
        const byStart = a.window.start - b.window.start;
        return span.time(a.window) - span.time(b.window) || (inMemory ? byKey || byStart : byStart || byKey);
      })
      .map(({ entry: { key, value, timestamp }, window, keyBytes }) => ({
        key: key as WindowEntry['key'],
        value,
        timestamp: isUntimed === true ? -1 : (span.forwardTime(window) ?? timestamp),
        keyBytes,
        time: span.time(window),
      }));
  }
}

/** Behind all rows of a store: the greatest time that was written. */
function observedKey(store: number): Buffer {
  return keyValueLocalKey(store, Buffer.alloc(8, 0xff));
}
