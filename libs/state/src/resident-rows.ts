import type { StoreRow } from './store-row.ts';

/** A primitive that is equal exactly when the bytes of two keys are. */
export type RowKey = string | number;

/** Rows in memory, in two generations: `rotate` forgets what nobody asked for since the last one. */
export class ResidentRows {
  #young = new Map<RowKey, StoreRow>();
  #old = new Map<RowKey, StoreRow>();

  get(key: RowKey): StoreRow | undefined {
    const young = this.#young.get(key);
    if (young !== undefined || this.#old.size === 0) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#young.set(key, old);
    return old;
  }

  add(key: RowKey, row: StoreRow): void {
    this.#young.set(key, row);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  *[Symbol.iterator](): Generator<StoreRow, void, undefined> {
    yield* this.#old.values();
    yield* this.#young.values();
  }

  /** Gives the bytes that became free. */
  rotate(): number {
    let freed = 0;
    for (const { sizeBytes } of this.#old.values()) freed += sizeBytes;
    this.#old = this.#young;
    this.#young = new Map();
    return freed;
  }
}
