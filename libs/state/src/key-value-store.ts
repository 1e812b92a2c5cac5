import { keyValueLocalKey } from './local-keys.ts';
import { ResidentRows, type RowKey } from './resident-rows.ts';
import { rowKeyOf } from './row-key.ts';
import { storeRow, type StoreRow } from './store-row.ts';
import { TaskStore, type TaskStoreOptions } from './task-store.ts';

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

  protected rotate(): number {
    return this.#rows.rotate();
  }

  #load(key: unknown, rowKey: RowKey): StoreRow {
    const { id, keySerde, topic } = this.options;
    const localKey = keyValueLocalKey(id, keySerde.serialize(topic, key));
    const found = this.stored(localKey);
    const value = found === undefined ? null : this.decoded(found.value);
    const row = storeRow(key, 0, localKey, localKey.subarray(2), value, found?.timestamp ?? -1, found?.value ?? null);
    this.#rows.add(rowKey, row);
    return this.reside(row);
  }
}
