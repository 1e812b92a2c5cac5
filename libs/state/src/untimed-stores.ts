/**
 * Stores without a record cache that do not keep the time of their rows: what the JVM library makes of a plain persistent store that a table is kept in.
 * What is read has none, -1. Changelogs have it.
 */
import type { KeyRange } from '@millrace/ports';
import { KeyValueStore } from './key-value-store.ts';
import { ShortWindowStore } from './short-window-store.ts';
import type { StoreEntry } from './store-entry.ts';
import type { StoreRow } from './store-row.ts';
import type { WindowEntry } from './window-order.ts';

export class UntimedKeyValueStore extends KeyValueStore {
  override row(key: unknown): StoreRow {
    return untimed(super.row(key));
  }

  override range(range: KeyRange): StoreEntry[] {
    return super.range(range).map((entry) => ({ ...entry, timestamp: -1 }));
  }
}

export class UntimedWindowStore extends ShortWindowStore {
  override row(key: unknown, start: number): StoreRow {
    return untimed(super.row(key, start));
  }

  override rows(from: number, to: number): WindowEntry[] {
    return super.rows(from, to).map((entry) => ({ ...entry, timestamp: -1 }));
  }

  override fetch(key: unknown, from: number, to: number): WindowEntry[] {
    return super.fetch(key, from, to).map((entry) => ({ ...entry, timestamp: -1 }));
  }
}

function untimed(row: StoreRow): StoreRow {
  row.timestamp = -1;
  return row;
}
