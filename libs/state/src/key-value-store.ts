import type { KeyRange } from '@millrace/ports';
import { keyValueLocalKey, readLocalValue, storeEnd } from './local-keys.ts';
import { overlaidScan } from './overlaid-scan.ts';
import { ResidentRows, type RowKey } from './resident-rows.ts';
import { readableKey, rowKeyOf } from './row-key.ts';
import type { ScannedRow, StoreEntry } from './store-entry.ts';
import {
  afterPrefix,
  justAfter,
  type IsolationLevel,
  type ReadRow,
  type ReadableStore,
  type StoreRead,
} from './store-read.ts';
import { storeRow, type StoreRow } from './store-row.ts';
import { TaskStore, type MissingRow, type RecordKeys, type TaskStoreOptions } from './task-store.ts';

/** Rows by key. */
export class KeyValueStore extends TaskStore implements ReadableStore {
  readonly #rows = new ResidentRows();
  readonly #rowKey: (key: unknown) => RowKey;

  constructor(options: TaskStoreOptions) {
    super(options);
    this.#rowKey = rowKeyOf(options.keySerde, options.topic);
  }

  /** The row of a key; its `value` is null when there is none. */
  row(key: unknown): StoreRow {
    const rowKey = this.#rowKey(key);
    return this.#rows.get(rowKey) ?? this.#load(key, rowKey);
  }

  all(): StoreEntry[] {
    return this.range({});
  }

  /** Rows of a range of the keys' bytes, in their order. Only where the engine can be scanned at once. */
  range({ gte, lt, reverse = false }: KeyRange): StoreEntry[] {
    const { id } = this.options;
    const end = lt === undefined ? storeEnd(id) : keyValueLocalKey(id, lt);
    return this.scan({ gte: keyValueLocalKey(id, gte), lt: end, reverse }).map((scanned) => this.#entry(scanned));
  }

  /** One key, a range of keys or a prefix, from beside the task. */
  async *read(read: StoreRead, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    if (read.type === 'key') return yield* this.#readKey(read.key, isolation);
    if (read.type !== 'keys' && read.type !== 'prefix') return;
    const range = { ...this.#rangeOf(read), reverse: read.reverse };
    const unwritten = (): readonly StoreRow[] => (isolation === 'read_committed' ? [] : this.unwritten(range));
    for await (const chunk of overlaidScan(this.options.engine, range, unwritten)) {
      yield chunk.flatMap(({ localKey, stored, over }) =>
        over === undefined ? storedRow(localKey, stored) : (this.readRow(over, over.changelogKey, -1, -1) ?? []),
      );
    }
  }

  async *#readKey(key: Uint8Array, isolation: IsolationLevel): AsyncGenerator<readonly ReadRow[], void, undefined> {
    const { id, engine, keySerde, topic } = this.options;
    const row =
      isolation === 'read_committed'
        ? undefined
        : this.#rows.peek(this.#rowKey(keySerde.deserialize(topic, Buffer.from(key))));
    const localKey = keyValueLocalKey(id, key);
    if (row !== undefined) return yield [this.readRow(row, row.changelogKey, -1, -1) ?? []].flat();
    const [stored] = await engine.getMany([localKey]);
    if (stored !== undefined) yield [storedRow(localKey, stored)];
  }

  #rangeOf(read: Extract<StoreRead, { readonly type: 'keys' | 'prefix' }>): KeyRange {
    const { id } = this.options;
    const [gte, lt] =
      read.type === 'prefix'
        ? [read.prefix, afterPrefix(read.prefix)]
        : [read.fromKey, read.toKey === undefined ? undefined : justAfter(read.toKey)];
    return { gte: keyValueLocalKey(id, gte), lt: lt === undefined ? storeEnd(id) : keyValueLocalKey(id, lt) };
  }

  protected rotate(): number {
    return this.#rows.rotate();
  }

  protected missing(batch: RecordKeys): readonly MissingRow[] {
    const { id, keySerde, topic } = this.options;
    const missing = new Map<RowKey, MissingRow>();
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.key(i);
      const key = bytes === null ? undefined : readableKey(keySerde, topic, bytes);
      if (bytes === null || key === undefined) continue;
      const rowKey = this.#rowKey(key);
      if (missing.has(rowKey) || this.#rows.get(rowKey) !== undefined) continue;
      const localKey = keyValueLocalKey(id, bytes);
      const add = (stored: Buffer | undefined): void => {
        if (this.#rows.get(rowKey) === undefined) this.#add(key, rowKey, localKey, stored);
      };
      missing.set(rowKey, { localKey, add });
    }
    return [...missing.values()];
  }

  #entry({ localKey, stored, row }: ScannedRow): StoreEntry {
    if (row !== undefined) return { key: row.key, value: row.value, timestamp: row.timestamp };
    const { keySerde, topic } = this.options;
    const { value, timestamp } = readLocalValue(stored);
    return { key: keySerde.deserialize(topic, localKey.subarray(2)), value: this.decoded(value), timestamp };
  }

  #load(key: unknown, rowKey: RowKey): StoreRow {
    const { id, keySerde, topic } = this.options;
    const localKey = keyValueLocalKey(id, keySerde.serialize(topic, key));
    return this.#add(key, rowKey, localKey, this.stored(localKey));
  }

  #add(key: unknown, rowKey: RowKey, localKey: Buffer, stored: Buffer | undefined): StoreRow {
    const found = stored === undefined ? undefined : readLocalValue(stored);
    const value = found === undefined ? null : this.decoded(found.value);
    const row = storeRow(key, 0, localKey, localKey.subarray(2), value, found?.timestamp ?? -1, found?.value ?? null);
    this.#rows.add(rowKey, row);
    return this.reside(row);
  }
}

function storedRow(localKey: Buffer, stored: Buffer): ReadRow {
  const { value, timestamp } = readLocalValue(stored);
  return { key: localKey.subarray(2), value, timestamp, start: -1, end: -1 };
}
