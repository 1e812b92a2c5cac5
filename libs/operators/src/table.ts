/** Operators on the changes of a table. */
import type { StreamNode, TableNode } from './node-function.ts';

/** Rows that no longer fit are deleted downstream; a row that neither fitted nor fits is not mentioned. */
export function tableFilter(
  predicate: (key: unknown, value: unknown) => boolean,
  negate: boolean,
  next: TableNode,
): TableNode {
  const kept = (key: unknown, value: unknown): unknown =>
    value !== null && predicate(key, value) !== negate ? value : null;
  return (key, newValue, oldValue, timestamp) => {
    const newKept = kept(key, newValue);
    const oldKept = kept(key, oldValue);
    if (newKept !== null || oldKept !== null) next(key, newKept, oldKept, timestamp);
  };
}

export function tableMapValues(mapper: (value: unknown, key: unknown) => unknown, next: TableNode): TableNode {
  const mapped = (key: unknown, value: unknown): unknown => (value === null ? null : mapper(value, key));
  return (key, newValue, oldValue, timestamp) => next(key, mapped(key, newValue), mapped(key, oldValue), timestamp);
}

export function tableToStream(next: StreamNode): TableNode {
  return (key, newValue, _oldValue, timestamp) => next(key, newValue, timestamp);
}

/** KTable.groupBy: one record when old and new row go to the same key, else a subtraction and an addition. */
export function tableSelect(
  mapper: (key: unknown, value: unknown) => readonly [unknown, unknown],
  isSameKey: (a: unknown, b: unknown) => boolean,
  next: StreamNode,
): TableNode {
  const selected = (key: unknown, value: unknown): readonly [unknown, unknown] | undefined => {
    const pair = value === null ? undefined : mapper(key, value);
    return pair === undefined || pair[0] === null || pair[1] === null ? undefined : pair;
  };
  return (key, newValue, oldValue, timestamp) => {
    const added = selected(key, newValue);
    const removed = selected(key, oldValue);
    if (added !== undefined && removed !== undefined && isSameKey(added[0], removed[0])) {
      return next(added[0], { oldValue: removed[1], newValue: added[1] }, timestamp);
    }
    if (removed !== undefined) next(removed[0], { oldValue: removed[1], newValue: null }, timestamp);
    if (added !== undefined) next(added[0], { oldValue: null, newValue: added[1] }, timestamp);
  };
}
