/**
 * Rows by key, at most so many: the one that was used longest ago goes when a new one comes (JVM: MemoryNavigableLRUCache). In memory, restored from its
 * changelog in the order of its records. A row that goes is told to nobody but, where a processor keeps it without timestamps, the changelog.
 */
import type { FetchedBatch, KeyRange } from '@millrace/ports';
import { KeyValueStore } from './key-value-store.ts';
import { keyValueLocalKey, localValue } from './local-keys.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreRow } from './store-row.ts';
import type { DrainedChanges, TaskStoreOptions } from './task-store.ts';

export interface LruStoreOptions extends TaskStoreOptions {
  readonly maxEntries: number;
  /** Rows that go leave a tombstone in the changelog (JVM: plain stores of processors). */
  readonly logsEvictions: boolean;
}

export class LruStore extends KeyValueStore {
  readonly #options: LruStoreOptions;
  /** Keys of the rows that are kept, the one used last at the end. */
  readonly #recent = new Map<string, Buffer>();
  /** Rows that are gone, but still in the record cache, by key; one that is deleted there has no value. */
  readonly #cached = new Map<string, StoreRow>();

  constructor(options: LruStoreOptions) {
    // Each row passes here on its way into the store, before its changelog has it.
    const admit = { row: (_key: Buffer, _isDeleted: boolean, _timestamp: number): void => undefined };
    super({
      ...options,
      changelog: {
        append: (key, value, timestamp, headers) => {
          admit.row(key as Buffer, value === null, timestamp);
          options.changelog?.append(key, value, timestamp, headers);
        },
      },
    });
    this.#options = options;
    admit.row = (key, isDeleted, timestamp) => this.#admit(key, isDeleted, timestamp);
  }

  /** Reading a row uses it. What is read from the record cache does not (JVM). */
  override row(key: unknown): StoreRow {
    const row = super.row(key);
    const name = nameOf(row.changelogKey);
    if (!this.#options.caching && this.#recent.delete(name)) this.#recent.set(name, row.changelogKey);
    return row;
  }

  /** A row that is gone may be another object by now, where memory is short. */
  override put(row: StoreRow, value: unknown, timestamp: number, recordTime: number, told?: Uint8Array | null): void {
    const name = nameOf(row.changelogKey);
    if (this.#cached.has(name)) this.#cached.set(name, row);
    super.put(row, value, timestamp, recordTime, told);
  }

  override range(range: KeyRange): StoreEntry[] {
    const found = super.range(range);
    if (this.#cached.size === 0) return found;
    const entries = found.filter(({ key }) => !this.#cached.has(nameOf(Buffer.from(this.keyBytes(key)))));
    const places = new Map<StoreEntry, Buffer>();
    for (const entry of entries) places.set(entry, Buffer.from(this.keyBytes(entry.key)));
    for (const row of this.#cached.values())
      if (row.value !== null && isWithin(row.changelogKey, range)) places.set(row, row.changelogKey);
    const sorted = [...places].sort(([, a], [, b]) => Buffer.compare(a, b)).map(([entry]) => entry);
    return range.reverse === true ? sorted.reverse() : sorted;
  }

  /** Takes in records of the changelog as they were put at first; nothing of it is logged again. */
  restore(batch: FetchedBatch, { keys, values }: DrainedChanges): Promise<void> {
    const { id, maxEntries } = this.#options;
    const write = (key: Buffer, value: Buffer | null): void => {
      keys.push(keyValueLocalKey(id, key));
      values.push(value);
    };
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      if (key === null) continue;
      const value = batch.value(i);
      this.#recent.delete(nameOf(key));
      if (value !== null) this.#recent.set(nameOf(key), Buffer.from(key));
      write(key, value === null ? null : localValue(value, batch.timestamp(i)));
      if (this.#recent.size > maxEntries) write(this.#takeEldest(), null);
    }
    return Promise.resolve();
  }

  #admit(key: Buffer, isDeleted: boolean, timestamp: number): void {
    const name = nameOf(key);
    this.#recent.delete(name);
    this.#cached.delete(name);
    if (isDeleted) return;
    this.#recent.set(name, key);
    if (this.#recent.size > this.#options.maxEntries) this.#evict(this.#takeEldest(), timestamp);
  }

  #evict(key: Buffer, timestamp: number): void {
    const { keySerde, topic, caching, memory, changelog, logsEvictions } = this.#options;
    const row = super.row(keySerde.deserialize(topic, key));
    if (logsEvictions) changelog?.append(key, null, timestamp);
    if (caching && memory.keepsExpired && !row.isPending) this.#cached.set(nameOf(key), row);
    this.forget(row, caching && (memory.keepsExpired || row.isPending));
  }

  #takeEldest(): Buffer {
    const [first] = this.#recent;
    const [name, key] = first as [string, Buffer];
    this.#recent.delete(name);
    return key;
  }
}

function nameOf(key: Buffer): string {
  return key.toString('latin1');
}

function isWithin(key: Buffer, { gte, lt }: KeyRange): boolean {
  return (gte === undefined || Buffer.compare(key, gte) >= 0) && (lt === undefined || Buffer.compare(key, lt) < 0);
}
