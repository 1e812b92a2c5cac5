/**
 * Reads of a store from beside its task (interactive queries), in bytes: the same whether the store is here or on another instance. They change nothing,
 * not even what is in memory, and may run while the task writes: a row is shown as it was at one moment between the beginning of the read and the
 * moment at which it is given. Rows come in chunks, so that a long range holds nobody up.
 */

/** Rows of one key, or of a range of keys. */
export type StoreRead =
  | { readonly type: 'key'; readonly key: Uint8Array }
  /** Keys in the order of their bytes. */
  | ({ readonly type: 'keys' } & KeyBounds & Direction)
  | ({ readonly type: 'prefix'; readonly prefix: Uint8Array } & Direction)
  /** Versions of a key that were valid at some time of `[from, to]`, the oldest first. */
  | ({ readonly type: 'versions'; readonly key: Uint8Array; readonly from: number; readonly to: number } & Direction)
  /** Windows that start in `[from, to]`; sessions that end at `from` or later and start at `to` or earlier. */
  | ({ readonly type: 'windows'; readonly from: number; readonly to: number } & KeyBounds & Direction);

/** Both inclusive; absent: open. */
export interface KeyBounds {
  readonly fromKey?: Uint8Array;
  readonly toKey?: Uint8Array;
}

interface Direction {
  readonly reverse: boolean;
}

/** A row as bytes. */
export interface ReadRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Event time of the row, ms. */
  readonly timestamp: number;
  /** Of its window or session, ms; -1 where there is none. Of a version `end` is when it was replaced, -1 while it is the latest. */
  readonly start: number;
  readonly end: number;
}

/**
 * `read_uncommitted`: what the task has processed, its caches included, also what a crash would undo (the JVM's default). `read_committed`: what the
 * local store has, which holds nothing of an open transaction and is up to a second of commits behind (ADR 4, ADR 13).
 */
export type IsolationLevel = 'read_uncommitted' | 'read_committed';

/** A store that can be read from beside its task. */
export interface ReadableStore {
  /** Everything that the first chunk depends on is looked at when it is asked for. */
  read(read: StoreRead, isolation: IsolationLevel): AsyncIterable<readonly ReadRow[]>;
}

export function isReadable(store: object): store is ReadableStore {
  return 'read' in store;
}

/** The key, where both bounds are the same one. */
export function singleKey({ fromKey, toKey }: KeyBounds): Uint8Array | undefined {
  return fromKey !== undefined && toKey !== undefined && Buffer.compare(fromKey, toKey) === 0 ? fromKey : undefined;
}

/** The key of a read that asks for one. */
export function keyOfRead(read: StoreRead): Uint8Array | undefined {
  if (read.type === 'key' || read.type === 'versions') return read.key;
  return read.type === 'windows' ? singleKey(read) : undefined;
}

/** Whether a key lies within bounds. */
export function isWithinKeys(key: Uint8Array, { fromKey, toKey }: KeyBounds): boolean {
  return (
    (fromKey === undefined || Buffer.compare(key, fromKey) >= 0) &&
    (toKey === undefined || Buffer.compare(key, toKey) <= 0)
  );
}

/** The first bytes behind these: an inclusive end becomes an exclusive one. */
export function justAfter(bytes: Uint8Array): Uint8Array {
  const after = new Uint8Array(bytes.length + 1);
  after.set(bytes);
  return after;
}

/** The first bytes behind all that begin with these; undefined when there are none. */
export function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return undefined;
  const after = new Uint8Array(prefix.subarray(0, last + 1));
  after[last] = (after[last] as number) + 1;
  return after;
}
