/**
 * An asynchronous step of a task: records come in on the task's turn, their function runs beside it, and what it gave waits until the task takes it on a
 * turn of its own. Records of one key run one after another; so many run at a time as the policy says. Takes any number of records, since one input
 * record may bring many, but says when it would rather have no more (`admits`).
 *
 * Nothing here changes the task: whoever takes a record that is done forwards its results.
 */
import type { Clock, Random } from '@millrace/base';
import type { Header } from '@millrace/ports';
import type { RecordContext, RecordOrigin } from '@millrace/state';
import type { AsyncCall, AsyncPolicy } from '@millrace/topology';
import { withAttempts } from './async-attempts.ts';
import { laneOfKey } from './lane-of-key.ts';

/** A record under way: as it came, with all that goes with a record through a task. */
export interface AsyncRecord {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly headers: readonly Header[] | undefined;
  readonly origin: RecordOrigin | undefined;
  /** What the task needs to put the input record aside, should it fail. */
  readonly cause: unknown;
  /** Records with the same wait for each other; undefined: it waits for none. */
  readonly lane: string | undefined;
  /** What the function gave, or failed with, as soon as it is done. */
  outcome: AsyncOutcome | undefined;
}

export type AsyncOutcome =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: unknown };

export interface AsyncStepOptions {
  readonly node: string;
  readonly policy: AsyncPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly context: RecordContext;
  readonly run: (key: unknown, value: unknown, call: AsyncCall) => unknown;
  readonly retries: (error: unknown, attempt: number) => boolean;
  /** Forwards the results of a record. */
  readonly forward: (record: AsyncRecord, result: unknown) => void;
  /** Failures of the thread since its last commit. */
  readonly failures: () => number;
  /** A record is done that may be taken. */
  readonly notify: () => void;
}

/** So many records for each that may run wait for their keys before the step would rather have no more. */
const waitingPerCall = 4;
const nowhere: RecordOrigin = { topic: null, partition: -1, offset: -1 };
const noHeaders: readonly Header[] = [];

export class AsyncStep {
  readonly node: string;
  readonly #options: AsyncStepOptions;
  /** Keys of which a record runs or may run -> those that wait for it. */
  readonly #lanes = new Map<string, AsyncRecord[]>();
  readonly #startable: AsyncRecord[] = [];
  readonly #running = new Set<AbortController>();
  #resting = 0;
  #isClosed = false;
  /** Accepted and not taken. */
  #held = 0;
  /** In the order in which they leave; with order `input` the head may still be under way. */
  readonly #leaving: AsyncRecord[] = [];

  constructor(options: AsyncStepOptions) {
    this.#options = options;
    this.node = options.node;
  }

  /** Another record would run soon. */
  get admits(): boolean {
    const { policy, failures } = this.#options;
    const { concurrency } = policy;
    // Records of one key run one by one: so many may outlast what a commit waits. After each failure half as many are taken, one at last, which never does.
    const heldMax = Math.max(1, (concurrency * waitingPerCall) / 2 ** failures());
    return this.#running.size < concurrency && this.#held < heldMax;
  }

  /** Records that were not taken yet. */
  get held(): number {
    return this.#held;
  }

  /** All that run pause after a failure. */
  get isResting(): boolean {
    return this.#running.size > 0 && this.#running.size === this.#resting;
  }

  accept(key: unknown, value: unknown, timestamp: number, cause: unknown): void {
    const { headers, origin } = this.#options.context;
    const lane = key === null || key === undefined ? undefined : laneOfKey(key);
    // The origin of the context moves on with the queue of the task.
    const from = origin && { topic: origin.topic, partition: origin.partition, offset: origin.offset };
    const record: AsyncRecord = { key, value, timestamp, headers, origin: from, cause, lane, outcome: undefined };
    this.#held++;
    if (this.#options.policy.order === 'input') this.#leaving.push(record);
    this.#line(record);
    this.#start();
  }

  /** The next record that is done. */
  take(): AsyncRecord | undefined {
    if (this.#leaving[0]?.outcome === undefined) return undefined;
    this.#held--;
    return this.#leaving.shift();
  }

  /** Sends the results of a record on. Throws what its function has failed with. */
  forward(record: AsyncRecord): void {
    const { outcome } = record;
    if (outcome?.ok === true) this.#options.forward(record, outcome.result);
    else throw outcome?.error;
  }

  /** Ends what runs; what it gives is not looked at any more. */
  close(reason: unknown): void {
    this.#isClosed = true;
    for (const ending of this.#running) ending.abort(reason);
  }

  #line(record: AsyncRecord): void {
    const { lane } = record;
    const waiting = lane === undefined ? undefined : this.#lanes.get(lane);
    if (waiting !== undefined) return void waiting.push(record);
    if (lane !== undefined) this.#lanes.set(lane, []);
    this.#startable.push(record);
  }

  #start(): void {
    while (this.#running.size < this.#options.policy.concurrency) {
      const record = this.#startable.shift();
      if (record === undefined) return;
      const ending = new AbortController();
      this.#running.add(ending);
      void this.#attempts(record, ending.signal).then(
        (result) => this.#done(record, ending, { ok: true, result }),
        (error: unknown) => this.#done(record, ending, { ok: false, error }),
      );
    }
  }

  #attempts(record: AsyncRecord, ending: AbortSignal): Promise<unknown> {
    const { run } = this.#options;
    const { key, value, timestamp, headers = noHeaders, origin = nowhere } = record;
    const resting = (isResting: boolean): void => void (this.#resting += isResting ? 1 : -1);
    return withAttempts({ ...this.#options, ending, resting }, (attempt, signal) =>
      run(key, value, { ...origin, timestamp, headers, attempt, signal }),
    );
  }

  #done(record: AsyncRecord, ending: AbortController, outcome: AsyncOutcome): void {
    if (this.#isClosed) return;
    const { policy, notify } = this.#options;
    this.#running.delete(ending);
    record.outcome = outcome;
    if (policy.order === 'key') this.#leaving.push(record);
    this.#nextOfLane(record.lane);
    this.#start();
    notify();
  }

  #nextOfLane(lane: string | undefined): void {
    if (lane === undefined) return;
    const next = this.#lanes.get(lane)?.shift();
    if (next === undefined) this.#lanes.delete(lane);
    else this.#startable.push(next);
  }
}
