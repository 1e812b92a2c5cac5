/**
 * A store of one task: decoded values over the task's engine. One map is both caches. As the *record cache* it keeps one pending update a key and
 * commit, forwarded in the order of the last write (the JVM's rule); as the *write-back cache* it keeps what was read and what is not yet in the engine.
 * Nothing reaches the engine before `drain`, which the task calls when the transaction is committed.
 *
 * Local layout: `u16 store || key` for key-value stores, `u16 store || u32 segment || key || i64 start` for windows, so that a dead segment is one range.
 * A local value is `i64 timestamp || value`.
 */
import type { StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';

/** A row as operators see it. */
export interface StoreEntry {
  /** The changelog key: the key's bytes, for windows with start and sequence number. */
  readonly changelogKey: Buffer;
  readonly localKey: Buffer;
  /** What is forwarded as key: decoded, `Windowed` for windows. */
  readonly key: unknown;
  value: unknown;
  timestamp: number;
  /** The value before the first update that is not forwarded yet. */
  oldValue: unknown;
  isPending: boolean;
}

export interface ChangelogWriter {
  append(key: Uint8Array, value: Uint8Array | null, timestamp: number): void;
}

export interface TaskStoreOptions {
  readonly engine: StateEngine;
  readonly serde: Serde<unknown>;
  /** Topic name given to the value serde: the changelog's, as in the JVM. */
  readonly topic: string;
  readonly caching: boolean;
  /** Undefined: logging is off. */
  readonly changelog: ChangelogWriter | undefined;
}

/** Clean entries beyond this many are forgotten at a commit. */
const cleanEntriesMax = 50_000;

export class TaskStore {
  readonly #options: TaskStoreOptions;
  readonly #entries = new Map<string, StoreEntry>();
  /** Pending updates in the order of their last write. */
  readonly #pending = new Set<StoreEntry>();
  /** Changed since the last drain. */
  readonly #changed = new Set<StoreEntry>();
  #forward: (key: unknown, newValue: unknown, oldValue: unknown, timestamp: number) => void = () => undefined;

  constructor(options: TaskStoreOptions) {
    this.#options = options;
  }

  /** Where updates go. */
  onUpdate(forward: (key: unknown, newValue: unknown, oldValue: unknown, timestamp: number) => void): void {
    this.#forward = forward;
  }

  /** The row of a key; `value` is null when there is none. `makeKey` is called for rows that are not in memory. */
  entry(localKey: Buffer, changelogKey: () => Buffer, makeKey: () => unknown): StoreEntry {
    const id = localKey.toString('latin1');
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const stored = this.#options.engine.getSync(localKey);
    const entry: StoreEntry = {
      changelogKey: changelogKey(),
      localKey,
      key: makeKey(),
      value: stored === undefined ? null : this.#options.serde.deserialize(this.#options.topic, stored.subarray(8)),
      timestamp: stored === undefined ? -1 : stored.readInt32BE(0) * 0x1_0000_0000 + stored.readUInt32BE(4),
      oldValue: null,
      isPending: false,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** A new value for a row; null deletes it. Cached: forwarded at `flush`. Uncached: logged and forwarded now. */
  put(entry: StoreEntry, value: unknown, timestamp: number): void {
    const before = entry.value;
    entry.value = value;
    entry.timestamp = timestamp;
    this.#changed.add(entry);
    if (!this.#options.caching) {
      this.#log(entry);
      this.#forward(entry.key, value, before, timestamp);
      return;
    }
    if (entry.isPending) this.#pending.delete(entry);
    else entry.oldValue = before;
    entry.isPending = true;
    this.#pending.add(entry);
  }

  /** Logs and forwards every pending update. True when there was one. */
  flush(): boolean {
    if (this.#pending.size === 0) return false;
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const entry of pending) {
      entry.isPending = false;
      const { oldValue, value } = entry;
      entry.oldValue = null;
      // A row that came and went between two commits was never there (JVM).
      if (value === null && oldValue === null) continue;
      this.#log(entry);
      this.#forward(entry.key, value, oldValue, entry.timestamp);
    }
    return true;
  }

  /** Rows that the committed transaction changed, as the engine takes them; the store counts them as written. */
  drain(keys: Uint8Array[], values: (Uint8Array | null)[]): void {
    for (const entry of this.#changed) {
      keys.push(entry.localKey);
      values.push(entry.value === null ? null : this.#localValue(entry));
    }
    this.#changed.clear();
  }

  /** Forgets clean rows when there are many. Only after what `drain` gave is written: until then the engine knows less than this map. */
  trim(): void {
    if (this.#entries.size > cleanEntriesMax && this.#changed.size === 0 && this.#pending.size === 0)
      this.#entries.clear();
  }

  get changedCount(): number {
    return this.#changed.size;
  }

  #log(entry: StoreEntry): void {
    const { changelog, serde, topic } = this.#options;
    changelog?.append(
      entry.changelogKey,
      entry.value === null ? null : serde.serialize(topic, entry.value),
      entry.timestamp,
    );
  }

  #localValue(entry: StoreEntry): Buffer {
    const value = this.#options.serde.serialize(this.#options.topic, entry.value);
    return localValue(value, entry.timestamp);
  }
}

/** `i64 timestamp || value` */
export function localValue(value: Uint8Array, timestamp: number): Buffer {
  const bytes = Buffer.allocUnsafe(8 + value.length);
  bytes.writeInt32BE(Math.floor(timestamp / 0x1_0000_0000), 0);
  bytes.writeUInt32BE(timestamp >>> 0, 4);
  bytes.set(value, 8);
  return bytes;
}
