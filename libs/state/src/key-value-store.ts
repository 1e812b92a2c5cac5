import type { KeyRange } from '@millrace/ports';
import { keyValueLocalKey, readLocalValue, storeEnd } from './local-keys.ts';
import { ResidentRows, type RowKey } from './resident-rows.ts';
import { readableKey, rowKeyOf } from './row-key.ts';
import type { ScannedRow, StoreEntry } from './store-entry.ts';
import { storeRow, type StoreRow } from './store-row.ts';
import { TaskStore, type MissingRow, type RecordKeys, type TaskStoreOptions } from './task-store.ts';

/** Rows by key. */
export class KeyValueStore extends TaskStore {
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

  /** The bytes that a key has in ranges. */
  keyBytes(key: unknown): Uint8Array {
    const { keySerde, topic } = this.options;
    return keySerde.serialize(topic, key);
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
