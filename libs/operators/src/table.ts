/** Operators on the changes of a table. */
import { isDeepStrictEqual } from 'node:util';
import type { TableStore } from '@millrace/state';
import type { OperatorMetrics, StreamNode, TableNode } from './node-function.ts';

/** A table that is computed from the changes of another one. */
export interface DerivedTable {
  /** Where it is kept; undefined: nowhere, its changes go on at once. */
  readonly store: TableStore | undefined;
  /** Changes go on with the value before them. */
  readonly sendsOld: boolean;
  /** Where changes go that no store sends. */
  readonly next: TableNode;
}

/**
 * Rows that no longer fit are deleted downstream; a row that is known to have fitted no more than it fits now is not mentioned, unless the table is
 * versioned: then it is a deletion of its own time (KIP-914).
 */
export function tableFilter(
  { store, sendsOld, next }: DerivedTable,
  predicate: (key: unknown, value: unknown) => boolean,
  negate: boolean,
  isVersioned: boolean,
): TableNode {
  const skips = sendsOld && !isVersioned;
  const kept = (key: unknown, value: unknown): unknown =>
    value !== null && predicate(key, value) !== negate ? value : null;
  if (store === undefined)
    return (key, newValue, oldValue, timestamp) => {
      const newKept = kept(key, newValue);
      const oldKept = sendsOld ? kept(key, oldValue) : null;
      if (newKept !== null || oldKept !== null || !skips) next(key, newKept, oldKept, timestamp);
    };
  return (key, newValue, _oldValue, timestamp) => {
    const newKept = kept(key, newValue);
    const row = store.row(key);
    if (newKept !== null || row.value !== null || !skips) store.put(row, newKept, timestamp, timestamp);
  };
}

export function tableMapValues(
  { store, sendsOld, next }: DerivedTable,
  mapper: (value: unknown, key: unknown) => unknown,
): TableNode {
  const mapped = (key: unknown, value: unknown): unknown => (value === null ? null : (mapper(value, key) ?? null));
  if (store === undefined)
    return (key, newValue, oldValue, timestamp) =>
      next(key, mapped(key, newValue), sendsOld ? mapped(key, oldValue) : null, timestamp);
  return (key, newValue, _oldValue, timestamp) =>
    store.put(store.row(key), mapped(key, newValue), timestamp, timestamp);
}

/** A new value of each change, which is not a function of the row alone: it is asked for deletions too. */
export function tableTransformValues(
  { store, sendsOld, next }: DerivedTable,
  transform: (key: unknown, value: unknown, timestamp: number) => unknown,
): TableNode {
  if (store === undefined)
    return (key, newValue, oldValue, timestamp) => {
      const transformed = transform(key, newValue, timestamp);
      next(key, transformed, sendsOld ? transform(key, oldValue, timestamp) : null, timestamp);
    };
  return (key, newValue, _oldValue, timestamp) => {
    const transformed = transform(key, newValue, timestamp);
    store.put(store.row(key), transformed, timestamp, timestamp);
  };
}

/** Both sides of a join of tables as one: kept, or passed on. */
export function tableJoinMerge({ store, sendsOld, next }: DerivedTable): TableNode {
  if (store !== undefined)
    return (key, newValue, _oldValue, timestamp) => store.put(store.row(key), newValue, timestamp, timestamp);
  if (sendsOld) return next;
  return (key, newValue, _oldValue, timestamp) => next(key, newValue, null, timestamp);
}

/** The changes of a source that nobody keeps: what was before is not known. */
export function passingTableSource(where: string, metrics: OperatorMetrics, next: TableNode): StreamNode {
  return (key, value, timestamp) => {
    if (key === null) return metrics.dropped(where);
    next(key, value, null, timestamp);
  };
}

export function tableToStream(next: StreamNode): TableNode {
  return (key, newValue, _oldValue, timestamp) => next(key, newValue, timestamp);
}

export interface TableSelectOptions {
  readonly mapper: (key: unknown, value: unknown) => readonly [unknown, unknown];
  /** False: old and new value go in records of their own even to one key, as versions before 3.5 need it (`upgrade.from`). */
  readonly sendsBoth: boolean;
  /** True when an update is not the latest of its row: groups of a versioned table hold the latest only (KIP-914). */
  readonly isStale: () => boolean;
  readonly next: StreamNode;
}

/** KTable.groupBy: one record when old and new row go to the same key, else a subtraction and an addition. */
export function tableSelect({ mapper, sendsBoth, isStale, next }: TableSelectOptions): TableNode {
  const selected = (key: unknown, value: unknown): readonly [unknown, unknown] | undefined => {
    const pair = value === null ? undefined : mapper(key, value);
    return pair === undefined || (pair[0] ?? null) === null || (pair[1] ?? null) === null ? undefined : pair;
  };
  return (key, newValue, oldValue, timestamp) => {
    if (isStale()) return;
    const added = selected(key, newValue);
    const removed = selected(key, oldValue);
    if (sendsBoth && added !== undefined && removed !== undefined && isDeepStrictEqual(added[0], removed[0])) {
      return next(added[0], { oldValue: removed[1], newValue: added[1] }, timestamp);
    }
    if (removed !== undefined) next(removed[0], { oldValue: removed[1], newValue: null }, timestamp);
    if (added !== undefined) next(added[0], { oldValue: null, newValue: added[1] }, timestamp);
  };
}
