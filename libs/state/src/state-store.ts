import type { FetchedBatch } from '@millrace/ports';
import type { StoreEntry } from './store-entry.ts';
import type { DrainedChanges } from './task-store.ts';

/** What a task does with a store, whatever is in it. */
export interface StateStore {
  /** Forwards what waits in the record cache; true when something did. */
  flush(): boolean;
  /** Rows that committed transactions changed, as the engine takes them; the store counts them as written. */
  drain(into: DrainedChanges): void;
  /** Forgets rows that the engine has, when memory is short. */
  trim(): void;
  close(): void;
  /** All rows, to be read from outside. */
  all(): StoreEntry[];
  readonly changedCount: number;
  readonly changedBytes: number;
  readonly isMemoryShort: boolean;
}

/** A store that reads its changelog itself. */
export interface RestoredStore extends StateStore {
  /** Takes in records of the changelog, and gives what is to be written for them. */
  restore(batch: FetchedBatch, into: DrainedChanges): Promise<void>;
}

/** A store whose live rows are all in memory, so that it can be walked in the middle of a record; the engine has them for the next start. */
export interface HeldStore extends RestoredStore {
  /** Takes in what the engine has. Before anything else. */
  load(): Promise<void>;
}

export function isRestored(store: StateStore): store is RestoredStore {
  return 'restore' in store;
}

export function isHeldStore(store: StateStore): store is HeldStore {
  return 'load' in store;
}
