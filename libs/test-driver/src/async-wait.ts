/**
 * The wait of a driver for asynchronous steps. Pauses after failures take no real time: the wall clock of the driver jumps over them. A call that runs is
 * waited for in real time, as long as its time-out allows; then the driver's clock has moved by as much, and the time-out fires.
 */
import { systemClock } from '@millrace/base';
import type { AsyncProgress } from '@millrace/runtime';
import type { HandClock } from './hand-clock.ts';

/** Waits for `work`, which waits for asynchronous steps. */
export async function waitFor<T>(work: Promise<T>, steps: AsyncProgress, clock: HandClock): Promise<T> {
  let isDone = false;
  const done = work.then(
    () => void (isDone = true),
    () => void (isDone = true),
  );
  for (;;) {
    // What was just settled goes on first.
    await Promise.race([done, systemClock.sleep(0)]);
    if (isDone) return work;
    const leftMs = clock.nextTimerInMs;
    if (leftMs === undefined) await done;
    else if (steps.isResting || !(await isEarlier(work, leftMs))) clock.advance(clock.nextTimerInMs ?? 0);
  }
}

/** Whether something is done before a time has passed. */
async function isEarlier(work: Promise<unknown>, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const isDone = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([isDone, systemClock.sleep(ms, patience.signal).then(() => false)]);
  patience.abort();
  return inTime;
}
