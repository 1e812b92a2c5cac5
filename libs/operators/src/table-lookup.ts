/** Joins of a stream with a table: a row is looked up when a record comes; the result has the record's time (kafka-streams 2.8). */
import type { OperatorMetrics, StreamNode } from './node-function.ts';
import type { Joiner } from './stream-join.ts';

/** The value that a table has for a key; null when it has none. */
export type TableGetter = (key: unknown, timestamp: number) => unknown;

export interface LookupOptions {
  readonly where: string;
  /** Records without a row go on, with null. */
  readonly isLeft: boolean;
  /** The key of the table; the record's own when absent. */
  readonly keySelector?: (key: unknown, value: unknown) => unknown;
  readonly getter: TableGetter;
  readonly joiner: Joiner;
  readonly metrics: OperatorMetrics;
  readonly next: StreamNode;
}

export function tableLookup(options: LookupOptions): StreamNode {
  const { where, isLeft, keySelector, getter, joiner, metrics, next } = options;
  return (key, value, timestamp) => {
    const tableKey = keySelector === undefined ? key : (keySelector(key, value) ?? null);
    // A left join takes records without a key, and those whose key selector gives none (KIP-962).
    if (value === null || (tableKey === null && !isLeft)) return metrics.dropped(where);
    const row = tableKey === null ? null : getter(tableKey, timestamp);
    if (isLeft || row !== null) next(key, joiner(value, row, key), timestamp);
  };
}
