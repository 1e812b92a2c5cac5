/** A range of keys in byte order: from `gte` (inclusive) to `lt` (exclusive). Absent bounds are open. */
export interface KeyRange {
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export type KeyValue = readonly [key: Buffer, value: Buffer];

/** Changes to be made together. Later entries win over earlier ones; range deletes come first. */
export interface EngineWrite {
  readonly deleteRanges: readonly { readonly gte: Uint8Array; readonly lt: Uint8Array }[];
  readonly keys: readonly Uint8Array[];
  /** One for each key; null deletes it. */
  readonly values: readonly (Uint8Array | null)[];
}

/**
 * Bytes in, bytes out: the ordered key-value engine under the stores of one task.
 * Key-value, window and session stores are key encodings over it. A write is atomic: after a crash all of it is there, or nothing.
 */
export interface StateEngine {
  readonly capabilities: { readonly persistent: boolean; readonly getSync: boolean };
  /** Values in the order of the keys; undefined where there is none. */
  getMany(keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]>;
  /** One value, at once; for reads that could not be foreseen. */
  getSync(key: Uint8Array): Buffer | undefined;
  /** Pairs in key order, in chunks; sees a snapshot of the moment it starts. */
  scan(range: KeyRange): AsyncIterable<readonly KeyValue[]>;
  /** The same at once. Absent where it cannot be done. */
  scanSync?(range: KeyRange): readonly KeyValue[];
  write(changes: EngineWrite): Promise<void>;
  close(): Promise<void>;
}

/** Opens engines by name (a task's id) below one state directory. */
export interface StateEngines {
  /** Opens or makes the engine. Rejects MR_STATE_LOCKED when another process holds it, MR_STATE_CORRUPT when it cannot be read. */
  open(name: string): Promise<StateEngine>;
  /** Names that exist on disk. */
  list(): Promise<readonly string[]>;
  /** Deletes an engine that is not open. */
  destroy(name: string): Promise<void>;
  /** A small file beside the engines (process id, format version); undefined when absent. Writes are atomic. */
  readMeta(name: string): Promise<Buffer | undefined>;
  writeMeta(name: string, bytes: Uint8Array): Promise<void>;
  /** Free bytes on the disk, or Infinity where that has no meaning. */
  freeBytes(): Promise<number>;
  close(): Promise<void>;
}
