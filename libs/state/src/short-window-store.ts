/**
 * Windows in a store whose supplier keeps them for less than size and grace (JVM): a row that has expired is written, logged and forwarded still, but not read
 * again, and counted as dropped. A record cache above it reads what it holds. Where the store keeps all that its operator asks for, `WindowStore` does without this.
 */
import type { WindowedKey } from '@millrace/topology';
import type { StoreRow } from './store-row.ts';
import type { ForwardChange } from './task-store.ts';
import { WindowStore, type WindowStoreOptions } from './window-store.ts';

export interface ShortWindowStoreOptions extends WindowStoreOptions {
  /** A row was written although it has expired. */
  readonly expired: () => void;
}

export class ShortWindowStore extends WindowStore {
  readonly #options: ShortWindowStoreOptions;
  /** Greatest start that went through the record cache. */
  #writtenMs = -1;

  constructor(options: ShortWindowStoreOptions) {
    super(options);
    this.#options = options;
    this.forwardTo(this.#watched(() => undefined));
  }

  override onUpdate(forward: ForwardChange, needsOld: boolean): void {
    super.onUpdate(this.#watched(forward), needsOld);
  }

  override row(key: unknown, start: number): StoreRow {
    const row = super.row(key, start);
    if (this.#options.caching || !this.#isUnreadable(start)) return row;
    row.value = null;
    row.timestamp = -1;
    row.bytes = null;
    return row;
  }

  protected override hasExpired({ start }: StoreRow): boolean {
    return this.#isUnreadable(start);
  }

  #watched(forward: ForwardChange): ForwardChange {
    const { inMemory = false, expired } = this.#options;
    return (key, newValue, oldValue, timestamp) => {
      const { start } = (key as WindowedKey<unknown>).window;
      const old = this.#isUnreadable(start) ? null : oldValue;
      this.#writtenMs = Math.max(this.#writtenMs, start);
      if (this.isExpired(start, inMemory, this.#writtenMs)) expired();
      forward(key, newValue, old, timestamp);
    };
  }

  #isUnreadable(start: number): boolean {
    return start <= this.#writtenMs - this.#options.retentionMs;
  }
}
