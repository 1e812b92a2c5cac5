/**
 * Stores that do not keep the time of their rows: what the JVM library makes of a plain persistent store that a table is kept in. What waits in the record
 * cache still has its time; what is read from the store has none, -1. Changelogs have it.
 */
import type { KeyRange } from '@millrace/ports';
import { KeyValueStore } from './key-value-store.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreRow } from './store-row.ts';
import { WindowStore } from './window-store.ts';

export class UntimedKeyValueStore extends KeyValueStore {
  override row(key: unknown): StoreRow {
    return untimed(super.row(key));
  }

  override range(range: KeyRange): StoreEntry[] {
    return super.range(range).map((entry) => ({ ...entry, timestamp: this.row(entry.key).timestamp }));
  }
}

export class UntimedWindowStore extends WindowStore {
  override row(key: unknown, start: number): StoreRow {
    return untimed(super.row(key, start));
  }

  override all(): StoreEntry[] {
    return super.all().map((entry) => {
      const { key, window } = entry.key as { readonly key: unknown; readonly window: { readonly start: number } };
      return { ...entry, timestamp: this.row(key, window.start).timestamp };
    });
  }
}

function untimed(row: StoreRow): StoreRow {
  if (!row.isPending) row.timestamp = -1;
  return row;
}
