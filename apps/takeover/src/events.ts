/**
 * What is fed. Event time goes forward 100 ms an event and wobbles far within the windows, so nothing is ever late, and what comes out depends on nothing but
 * the events. (A left join sends a record at once without a partner when stream time is beyond its window already: with more disorder two runs of one
 * library would differ.)
 */
import type { Random } from '@millrace/base';
import type { ScenarioName } from './scenarios.ts';

export interface Event {
  /** Without prefix. */
  readonly topic: string;
  readonly key: string;
  /** Null deletes a row. */
  readonly value: string | null;
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

export function eventsOf(scenario: ScenarioName, begin: number, count: number, random: Random): readonly Event[] {
  const pick = (below: number): number => Math.floor(random.next() * below);
  const make = makers[scenario];
  return Array.from({ length: count }, (_, i) => ({
    ...((scenario === 'foreign-key-join' && lastRow(count - i - 1, i)) || make(pick, i)),
    timestamp: begin + i * stepMs + pick(2 * wobbleMs) - wobbleMs,
  }));
}

const customers = 25;
const orders = 150;

/**
 * In the end every order and every customer exists, for which results stay is not always determined, on one JVM either. A join by foreign key forgets to
 * delete a result when its row goes to a customer that does not exist and changes again before the answer is there; and when a row is deleted, comes
 * and is deleted again: the answer to the first deletion is dropped while the row is there, and the record cache makes nothing of the other two changes.
 */
function lastRow(fromEnd: number, i: number): Omit<Event, 'timestamp'> | undefined {
  if (fromEnd < customers) return { topic: 'customers', key: `c${fromEnd}`, value: `last-${i}` };
  if (fromEnd < customers + orders)
    return { topic: 'orders', key: `o${fromEnd - customers}`, value: `c${i % customers}:${i}` };
  return undefined;
}

type Pick = (below: number) => number;

const makers: Readonly<Record<ScenarioName, (pick: Pick, i: number) => Omit<Event, 'timestamp'>>> = {
  'windowed-count': (pick) => ({ topic: 'posts', key: `user-${pick(200)}`, value: `word-${pick(30)}` }),
  // About half of the offers are answered in time, some more than once.
  'left-join': (pick, i) => ({
    topic: pick(3) === 0 ? 'answers' : 'offers',
    key: `thing-${pick(200)}`,
    value: `${i}`,
  }),
  suppress: (pick) => ({ topic: 'visits', key: `page-${pick(25)}`, value: 'seen' }),
  'foreign-key-join': (pick, i) => {
    if (pick(4) === 0)
      return { topic: 'customers', key: `c${pick(customers)}`, value: pick(8) === 0 ? null : `name-${i}` };
    return { topic: 'orders', key: `o${pick(orders)}`, value: pick(10) === 0 ? null : `c${pick(customers)}:${i}` };
  },
};
