/**
 * Joins of two streams. Each side looks for partners in what the other side has kept, then is kept itself, so that each pair is found once. A record
 * of an outer side without a partner waits until stream time has passed its window and the grace (kafka-streams 2.11).
 */
import type { JoinWaitingStore, JoinWindowStore, WaitingRow } from '@millrace/state';
import type { JoinWindowsSpec } from '@millrace/topology';
import type { OperatorMetrics, StreamNode } from './node-function.ts';

/** (left, right, key) => value */
export type Joiner = (left: unknown, right: unknown, key: unknown) => unknown;

/** What the two sides of a join share. */
export interface JoinProgress {
  /** Greatest time that either side has seen. */
  streamTime: number;
  /** No record that waits is older; undefined when it is not known. */
  oldestWaiting: number | undefined;
  /** Closed windows are not looked for before this time. */
  nextEmitMs: number;
}

export function joinProgress(): JoinProgress {
  return { streamTime: -1, oldestWaiting: undefined, nextEmitMs: 0 };
}

export interface JoinSideOptions {
  readonly where: string;
  readonly isLeft: boolean;
  /** This side's records go out without a partner too. */
  readonly isOuter: boolean;
  readonly windows: JoinWindowsSpec;
  readonly joiner: Joiner;
  /** What the other side has kept. */
  readonly other: JoinWindowStore;
  /** Undefined: records without a partner go out at once. */
  readonly waiting: JoinWaitingStore | undefined;
  readonly progress: JoinProgress;
  readonly emitIntervalMs: number;
  readonly now: () => number;
  readonly metrics: OperatorMetrics;
  readonly next: StreamNode;
}

/** Passes a record to the join and then keeps it. */
export function joinWindow(
  store: JoinWindowStore,
  where: string,
  metrics: OperatorMetrics,
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    next(key, value, timestamp);
    if (key !== null && !store.put(key, value, timestamp)) metrics.dropped(where);
  };
}

export function streamJoin(options: JoinSideOptions): StreamNode {
  const { where, isLeft, isOuter, windows, joiner, other, waiting, progress, metrics, next } = options;
  const backMs = isLeft ? windows.beforeMs : windows.afterMs;
  const aheadMs = isLeft ? windows.afterMs : windows.beforeMs;
  const joined = isLeft ? joiner : (own: unknown, found: unknown, key: unknown) => joiner(found, own, key);
  const emitClosed = waiting === undefined ? undefined : closedWindows(options, waiting, aheadMs);
  return (key, value, timestamp) => {
    if (timestamp > progress.streamTime) progress.streamTime = timestamp;
    if (value === null || (key === null && !isOuter)) return metrics.dropped(where);
    if (key === null) return next(key, joined(value, null, key), timestamp);
    if (timestamp === progress.streamTime) emitClosed?.(timestamp);
    const to = Math.max(0, timestamp + aheadMs);
    const rows = other.rowsOf(key);
    let isAlone = true;
    for (let i = other.firstAt(rows, Math.max(0, timestamp - backMs)); i < rows.length; i++) {
      const row = rows[i] as (typeof rows)[number];
      if (row.timestamp > to) break;
      isAlone = false;
      waiting?.remove(!isLeft, key, row.timestamp, timestamp);
      next(key, joined(value, other.valueOf(row), key), Math.max(timestamp, row.timestamp));
    }
    if (!isAlone || !isOuter) return;
    if (waiting === undefined || to < progress.streamTime) return next(key, joined(value, null, key), timestamp);
    if (progress.oldestWaiting === undefined || timestamp < progress.oldestWaiting) progress.oldestWaiting = timestamp;
    waiting.add(isLeft, key, timestamp, value, timestamp);
  };
}

/**
 * Sends the waiting records whose windows have closed. A list is dropped once the next one has begun, and the oldest time is that of the last record
 * looked at: both as in the JVM, whose changelog and results show it.
 */
function closedWindows(
  { windows, joiner, progress, emitIntervalMs, now, next }: JoinSideOptions,
  waiting: JoinWaitingStore,
  aheadMs: number,
): (timestamp: number) => void {
  const { beforeMs, afterMs, graceMs } = windows;
  const isOpen = ({ timestamp, isLeft }: WaitingRow): boolean =>
    timestamp + (isLeft ? afterMs : beforeMs) + graceMs >= progress.streamTime;
  const send = ({ isLeft, key, values, timestamp }: WaitingRow, before: WaitingRow | undefined, time: number): void => {
    values.forEach((value, i) => {
      next(key, isLeft ? joiner(value, null, key) : joiner(null, value, key), timestamp);
      if (i === 0 && before !== undefined) waiting.drop(before, time);
    });
  };
  const emit = (time: number): void => {
    progress.oldestWaiting = undefined;
    let isLeftOpen = false;
    let isRightOpen = false;
    let sent: WaitingRow | undefined;
    for (const row of waiting.rows) {
      if (row.isGone) continue;
      progress.oldestWaiting = row.timestamp;
      if (isLeftOpen && isRightOpen) break;
      if (isOpen(row)) {
        if (row.isLeft) isLeftOpen = true;
        else isRightOpen = true;
        continue;
      }
      send(row, sent, time);
      sent = row;
    }
    if (sent !== undefined) waiting.drop(sent, time);
  };
  return (time) => {
    const { oldestWaiting } = progress;
    // Not known is the JVM's greatest number, to which nothing can be added without going below 0: it looks.
    const canWait =
      oldestWaiting === undefined ? aheadMs + graceMs === 0 : oldestWaiting + aheadMs + graceMs >= progress.streamTime;
    if (canWait) return;
    const nowMs = now();
    if (nowMs < progress.nextEmitMs) return;
    progress.nextEmitMs = nowMs + emitIntervalMs;
    emit(time);
  };
}

export interface SelfJoinOptions {
  readonly where: string;
  readonly store: JoinWindowStore;
  readonly windows: JoinWindowsSpec;
  readonly joiner: Joiner;
  readonly metrics: OperatorMetrics;
  readonly next: StreamNode;
}

/** A stream joined with itself over one store; the results and their order are those of a join over two. */
export function selfJoin({ where, store, windows, joiner, metrics, next }: SelfJoinOptions): StreamNode {
  const { beforeMs, afterMs, graceMs } = windows;
  const retentionMs = beforeMs + afterMs + graceMs;
  let streamTime = -1;
  return (key, value, timestamp) => {
    if (key === null || value === null) return metrics.dropped(where);
    if (timestamp > streamTime) streamTime = timestamp;
    const rows = store.rowsOf(key);
    let isSelfDue = timestamp > streamTime - retentionMs + 1;
    let to = Math.max(0, timestamp + afterMs);
    for (let i = store.firstAt(rows, Math.max(0, timestamp - beforeMs)); i < rows.length; i++) {
      const row = rows[i] as (typeof rows)[number];
      if (row.timestamp > to) break;
      next(key, joiner(value, store.valueOf(row), key), Math.max(timestamp, row.timestamp));
    }
    to = Math.max(0, timestamp + beforeMs);
    for (let i = store.firstAt(rows, Math.max(0, timestamp - afterMs)); i < rows.length; i++) {
      const row = rows[i] as (typeof rows)[number];
      if (row.timestamp > to) break;
      if (isSelfDue && row.timestamp > timestamp) {
        isSelfDue = false;
        next(key, joiner(value, value, key), timestamp);
      }
      next(key, joiner(store.valueOf(row), value, key), Math.max(timestamp, row.timestamp));
    }
    if (isSelfDue) next(key, joiner(value, value, key), timestamp);
  };
}
