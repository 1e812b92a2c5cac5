/** Joins of two tables by key. A change of one side meets the row of the other; both results meet in a merge, which may keep them. */
import type { OperatorMetrics, TableNode } from './node-function.ts';

/** A row as a table has it now; null: there is none. */
export interface TableRow {
  readonly value: unknown;
  readonly timestamp: number;
}

/** Reads a row of a table, kept or computed; of a versioned one also as it was at a time, ms. */
export type TableReader = (key: unknown, asOf?: number) => TableRow;

export const noRow: TableRow = { value: null, timestamp: -1 };

export type TableJoinKind = 'inner' | 'left' | 'outer';
type Joiner = (left: unknown, right: unknown) => unknown;

export interface TableJoinOptions {
  readonly where: string;
  readonly join: TableJoinKind;
  readonly side: 'left' | 'right';
  readonly other: TableReader;
  readonly joiner: Joiner;
  readonly sendsOld: boolean;
  readonly metrics: OperatorMetrics;
  /** True when an update that is not the latest of its key is dropped: that side is versioned (KIP-914). */
  readonly isStale: () => boolean;
  readonly next: TableNode;
}

export function tableJoin(options: TableJoinOptions): TableNode {
  const { where, join, side, other, sendsOld, metrics, isStale, next } = options;
  const joined = joinedBy(options);
  // The other side must be there, unless this side comes out alone too.
  const isOptional = join === 'outer' || (join === 'left' && side === 'left');
  return (key, newValue, oldValue, timestamp) => {
    if (key === null || isStale()) return metrics.dropped(where);
    const row = other(key);
    if (row.value === null && (!isOptional || (newValue === null && oldValue === null))) return;
    const time = row.value === null ? timestamp : Math.max(timestamp, row.timestamp);
    next(key, joined(newValue, row.value), sendsOld ? joined(oldValue, row.value) : null, time);
  };
}

/** What comes of a value of this side and one of the other; null where nothing does. */
function joinedBy({ join, side, joiner }: TableJoinOptions): (mine: unknown, theirs: unknown) => unknown {
  const isLeft = side === 'left';
  // In a left join a change of the right side meets a left row always; in an outer join either is enough.
  const needsMine = join === 'inner' || (join === 'left' && isLeft);
  return (mine, theirs) => {
    if (mine === null && (needsMine || theirs === null)) return null;
    return (isLeft ? joiner(mine, theirs) : joiner(theirs, mine)) ?? null;
  };
}

/** Rows of a join that is kept nowhere, computed from both sides. */
export function joinedReader(kind: TableJoinKind, left: TableReader, right: TableReader, joiner: Joiner): TableReader {
  return (key) => {
    const mine = left(key);
    if (mine.value === null && kind !== 'outer') return noRow;
    const theirs = right(key);
    if (theirs.value === null && (kind === 'inner' || mine.value === null)) return noRow;
    const mineTime = mine.value === null ? -1 : mine.timestamp;
    const theirTime = theirs.value === null ? -1 : theirs.timestamp;
    return { value: joiner(mine.value, theirs.value) ?? null, timestamp: Math.max(mineTime, theirTime) };
  };
}
