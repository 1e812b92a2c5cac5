/**
 * Aggregations by key and sliding window (KStreamSlidingWindowAggregate). Of each record there is a left window, which ends with it, and a right window, which
 * begins a millisecond after it, as soon as something lies in it. Both are made when they are first needed, out of the windows that are there:
 * so the time of a row is the greatest of its records, and decides what the next ones find. Null keys and null values are dropped.
 */
import { timeAfter, type SpanRow, type SpanStore } from '@millrace/state';
import type { SlidingWindowsSpec } from '@millrace/topology';
import type { OperatorMetrics, StreamNode } from './node-function.ts';
import type { AdvanceTime } from './windowed-aggregate.ts';

export interface SlidingOptions {
  readonly where: string;
  readonly store: SpanStore;
  readonly windows: SlidingWindowsSpec;
  readonly advanceTime: AdvanceTime;
  /** Told after each record: windows that end before this time have closed. */
  readonly closed: ((closeTime: number) => void) | undefined;
  readonly metrics: OperatorMetrics;
  readonly initializer: () => unknown;
  readonly aggregator: (key: unknown, value: unknown, aggregate: unknown) => unknown;
}

interface Input {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly closeTime: number;
}

/** A row as it was before the record. */
interface Aggregate {
  readonly value: unknown;
  readonly timestamp: number;
}

/** What the windows that are there say about those that are not. */
interface Found {
  readonly starts: Set<number>;
  /** The record's left window is there. */
  hasLeft: boolean;
  /** All records of its left window but itself. */
  left: Aggregate | undefined;
  /** All records of its right window. */
  right: Aggregate | undefined;
  /** Time of the record before it. */
  previous: number | undefined;
}

export function slidingAggregate(options: SlidingOptions): StreamNode {
  const sliding = new Sliding(options);
  const { where, metrics, windows, advanceTime, closed } = options;
  const { differenceMs, graceMs } = windows;
  return (key, value, timestamp) => {
    if (key === null || value === null) return metrics.dropped(where);
    const closeTime = advanceTime(timestamp) - graceMs;
    if (timestamp + differenceMs < closeTime) return metrics.dropped(where);
    const input = { key, value, timestamp, closeTime };
    // Final results are not looked for behind a record so early that its left window would begin before 0 (JVM).
    if (timestamp < differenceMs) return sliding.early(input);
    sliding.process(input);
    closed?.(closeTime);
  };
}

class Sliding {
  readonly #options: SlidingOptions;
  readonly #differenceMs: number;

  constructor(options: SlidingOptions) {
    this.#options = options;
    this.#differenceMs = options.windows.differenceMs;
  }

  process(input: Input): void {
    const found = this.#update(input);
    if (found === undefined) return;
    const { timestamp } = input;
    const { previous } = found;
    const differenceMs = this.#differenceMs;
    if (previous !== undefined && !found.starts.has(previous + 1) && previous + 1 + differenceMs >= timestamp)
      this.#begin(input, previous + 1);
    if (!found.hasLeft) {
      const isEmpty = previous === undefined || timestamp - differenceMs > previous;
      const before = isEmpty ? this.#options.initializer() : this.#options.store.copyOf(found.left?.value ?? null);
      this.#put(input, timestamp - differenceMs, before ?? null, timestamp);
    }
    this.#beginRight(input, found);
  }

  /** Adds the record to the windows that hold it, latest first; undefined when none is to be made. */
  #update(input: Input): Found | undefined {
    const { key, timestamp } = input;
    const rows = this.#options.store.find(key, Math.max(0, timestamp - 2 * this.#differenceMs), timestamp + 1);
    const found: Found = { starts: new Set(), hasLeft: false, left: undefined, right: undefined, previous: undefined };
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i] as SpanRow;
      const { start } = row;
      const end = start + this.#differenceMs;
      const time = row.timestamp;
      found.starts.add(start);
      if (start === timestamp + 1) continue;
      if (end < timestamp) {
        found.left = row;
        found.previous = time;
        return found;
      }
      if (end > timestamp) found.right ??= this.#before(row);
      this.#add(input, row);
      if (end > timestamp) continue;
      found.hasLeft = true;
      // Another record of the same time has made all that this one needs.
      if (time >= timestamp) return undefined;
      found.previous = time;
    }
    return found;
  }

  /** All records before `differenceMs` share the window that begins at 0. */
  early(input: Input): void {
    const { key, timestamp } = input;
    const rows = this.#options.store.find(key, 0, timestamp + 1);
    const found: Found = { starts: new Set(), hasLeft: true, left: undefined, right: undefined, previous: undefined };
    let combined: SpanRow | undefined;
    for (const row of rows) {
      found.starts.add(row.start);
      if (row.start === 0) {
        combined = row;
        if (row.timestamp < timestamp) found.previous = row.timestamp;
      } else if (row.start <= timestamp) {
        found.right = this.#before(row);
        this.#add(input, row);
      }
    }
    if (found.right === undefined && combined !== undefined && combined.timestamp > timestamp)
      found.right = this.#before(combined);
    this.#beginRight(input, found);
    if (found.previous !== undefined && !found.starts.has(found.previous + 1)) this.#begin(input, found.previous + 1);
    if (combined === undefined) this.#begin(input, 0);
    else this.#add(input, combined);
  }

  #before({ value, timestamp }: SpanRow): Aggregate {
    return { value: this.#options.store.copyOf(value), timestamp };
  }

  /** A window with this record alone. */
  #begin(input: Input, start: number): void {
    this.#put(input, start, this.#options.initializer() ?? null, input.timestamp);
  }

  /** The record's right window, when something lies in it and nobody has made it. */
  #beginRight({ key, timestamp }: Input, { right, starts }: Found): void {
    if (right === undefined || right.timestamp <= timestamp || starts.has(timestamp + 1)) return;
    const row = this.#row(key, timestamp + 1);
    this.#options.store.put(row, right.value, right.timestamp, timestamp);
  }

  #add(input: Input, row: SpanRow): void {
    this.#apply(input, row, row.value, timeAfter(row, input.timestamp));
  }

  #put(input: Input, start: number, before: unknown, timestamp: number): void {
    this.#apply(input, this.#row(input.key, start), before, timestamp);
  }

  #apply({ key, value, timestamp, closeTime }: Input, row: SpanRow, before: unknown, time: number): void {
    const { store, metrics, where, aggregator } = this.#options;
    if (row.start + this.#differenceMs < closeTime) return metrics.dropped(where);
    const told = before === row.value ? undefined : store.telling(before);
    store.put(row, aggregator(key, value, before) ?? null, time, timestamp, told);
  }

  #row(key: unknown, start: number): SpanRow {
    return this.#options.store.row(key, { start, end: start + this.#differenceMs });
  }
}
