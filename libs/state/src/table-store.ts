import type { ForwardChange } from './task-store.ts';

/** A row of a table as it is now; `value` is null when there is none. */
export interface TableRowNow {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/** What keeps a table: its rows, with or without their history. */
export interface TableStore {
  /** Where updates go; `needsOld` when somebody there looks at old values. */
  onUpdate(forward: ForwardChange, needsOld: boolean): void;
  row(key: unknown): TableRowNow;
  /** A new value of a row that `row` gave; null deletes it. `recordTime` is that of the record that caused it. */
  put(row: TableRowNow, value: unknown, timestamp: number, recordTime: number, told?: Uint8Array | null): void;
  /** `told` of `put` for an aggregate that begins with a value which is not the row's: that is forwarded as the old one, see TaskStore. */
  telling(start: unknown): Uint8Array | null;
}
