/**
 * What is fed. Event time goes forward 100 ms an event and wobbles far within the windows, so nothing is ever late, and what comes out depends on nothing but
 * the events. (A left join sends a record at once without a partner when stream time is beyond its window already: with more disorder two runs of one
 * library would differ.)
 */
import type { Random } from '@millrace/base';
import type { Happening, Scenario } from './scenario.ts';

export interface Event extends Happening {
  readonly timestamp: number;
}

const stepMs = 100;
const wobbleMs = 1_500;

const hourMs = 3_600_000;

/**
 * The first event time: a full hour some hours ago. Changelogs of windows are kept for a day and the retention of the windows, by event time; what
 * happened longer ago the broker would delete while the test runs.
 */
export function beginOf(nowMs: number): number {
  return Math.floor(nowMs / hourMs - 8) * hourMs;
}

/** Event times, an hour apart, from which on every window of the events has closed. */
export function timeOfClosing(begin: number, count: number, nth: number): number {
  return begin + count * stepMs + (nth + 1) * hourMs;
}

export function eventsOf({ event }: Scenario, begin: number, count: number, random: Random): readonly Event[] {
  const pick = (below: number): number => Math.floor(random.next() * below);
  return Array.from({ length: count }, (_, i) => ({
    ...event(pick, i, count - 1 - i),
    timestamp: begin + i * stepMs + pick(2 * wobbleMs) - wobbleMs,
  }));
}
