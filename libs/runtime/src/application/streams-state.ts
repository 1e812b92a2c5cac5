/**
 * The states of an application, with the JVM library's names.
 *
 *   CREATED ─▶ REBALANCING ⇄ RUNNING ─▶ PENDING_SHUTDOWN ─▶ NOT_RUNNING
 *                    └───────────┴────▶ PENDING_ERROR ─────▶ ERROR
 */
import type { ThreadState } from '../thread/stream-thread.ts';

/** Where an application is between `start` and `close`. */
export type StreamsState =
  'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'PENDING_ERROR' | 'NOT_RUNNING' | 'ERROR';

const next: Readonly<Record<StreamsState, readonly StreamsState[]>> = {
  CREATED: ['REBALANCING', 'PENDING_SHUTDOWN', 'NOT_RUNNING'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING'],
  PENDING_ERROR: ['ERROR'],
  NOT_RUNNING: [],
  ERROR: [],
};

/** Whether an application may go from one state to the other. */
export function mayBecome(from: StreamsState, to: StreamsState): boolean {
  return next[from].includes(to);
}

/** RUNNING when every thread that lives is. */
export function stateOfThreads(threads: readonly ThreadState[]): 'REBALANCING' | 'RUNNING' {
  const living = threads.filter((state) => state !== 'DEAD');
  return living.length > 0 && living.every((state) => state === 'RUNNING') ? 'RUNNING' : 'REBALANCING';
}
