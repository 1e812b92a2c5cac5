import type { StoreRow } from './store-row.ts';

/** A primitive that is equal exactly when the bytes of two keys are. */
export type RowKey = string | number;

/** Rows in memory, in two generations: `rotate` forgets what nobody asked for since the last one. */
export class ResidentRows<R extends { readonly sizeBytes: number } = StoreRow> {
  #young = new Map<RowKey, R>();
  #old = new Map<RowKey, R>();

  get(key: RowKey): R | undefined {
    const young = this.#young.get(key);
    if (young !== undefined || this.#old.size === 0) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#young.set(key, old);
    return old;
  }

  /** The same without a trace: who only looks does not keep a row in memory. */
  peek(key: RowKey): R | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  add(key: RowKey, row: R): void {
    this.#young.set(key, row);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  *[Symbol.iterator](): Generator<R, void, undefined> {
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
