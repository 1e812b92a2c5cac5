/**
 * Virtual time. Everything that happens in a simulation is an event of one queue, ordered by (time, insertion). An event runs, all
 * microtasks it caused run, then comes the next event: the same calls give the same order of everything, as fast as the machine can.
 * Events belong to a host; those of a crashed host are dropped, those of a paused host wait until it goes on.
 */
import { millraceError, type Timer } from '@millrace/base';
import { EventQueue } from './event-queue.ts';

/** Whose events may stop: a simulated process, or a machine. */
export interface EventOwner {
  readonly crashed: boolean;
  /** Until when nothing of it runs; a time in the past when it runs. */
  readonly pausedUntilMs: number;
}

interface ScheduledEvent extends Timer {
  time: number;
  readonly order: number;
  readonly owner: EventOwner | undefined;
  run: (() => void) | undefined;
}

/** Why `run` ended. */
export type RunEnd = 'done' | 'timeLimit' | 'eventLimit' | 'nothingLeft';

// Taken before a simulation poisons the globals. A turn of the event loop ends when no microtask is left.
const immediate = setImmediate;
const microtasksDone = (): Promise<void> => new Promise((resolve) => void immediate(resolve));

export class Scheduler {
  readonly #queue = new EventQueue<ScheduledEvent>();
  #order = 0;
  #nowMs = 0;
  #events = 0;

  /** Virtual ms since the simulation began; with fractions. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events run so far. */
  get events(): number {
    return this.#events;
  }

  /** Runs `run` after a delay, unless its owner has crashed by then. */
  after(delayMs: number, owner: EventOwner | undefined, run: () => void): Timer {
    const event: ScheduledEvent = {
      time: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      owner,
      run,
      cancel() {
        this.run = undefined;
      },
    };
    this.#queue.push(event);
    return event;
  }

  /** Runs events until `done` holds after one of them, or a limit is reached. What an event throws comes out here. */
  async run(done: () => boolean, limits: { readonly timeMs: number; readonly events: number }): Promise<RunEnd> {
    // What was called just before may be about to schedule its first event.
    await microtasksDone();
    while (!done()) {
      if (this.#events >= limits.events) return 'eventLimit';
      const event = this.#next(limits.timeMs);
      if (event === undefined) return this.#queue.size === 0 ? 'nothingLeft' : 'timeLimit';
      this.#events++;
      event();
      await microtasksDone();
    }
    return 'done';
  }

  /** The next event that is due before the limit and whose owner can run it. */
  #next(limitMs: number): (() => void) | undefined {
    for (let head = this.#queue.peek(); head !== undefined && head.time <= limitMs; head = this.#queue.peek()) {
      this.#queue.pop();
      const { owner, run } = head;
      if (run === undefined || owner?.crashed === true) continue;
      if (owner !== undefined && owner.pausedUntilMs > head.time) {
        head.time = owner.pausedUntilMs;
        this.#queue.push(head);
        continue;
      }
      if (head.time < this.#nowMs) throw millraceError('MR_INVARIANT', { why: 'virtual time never goes back' });
      this.#nowMs = head.time;
      return run;
    }
    return undefined;
  }
}
