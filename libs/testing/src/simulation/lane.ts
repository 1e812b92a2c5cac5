/**
 * One direction of a simulated connection: bytes arrive in order, after a latency; while the lane is held (a network cut) they wait.
 * What was sent before the sender went away still arrives: a request may so reach its server long after the client gave it up.
 */
import type { Random } from '@millrace/base';
import type { EventOwner, Scheduler } from './scheduler.ts';

/** What the network does to a lane at this moment; asked anew at each step. */
export interface LaneConditions {
  /** Bytes do not move before this time. */
  heldUntilMs(): number;
  /** How long the next bytes take. */
  latencyMs(random: Random): number;
}

export interface LaneOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Whose event a delivery is. */
  readonly receiver: EventOwner;
  readonly conditions: LaneConditions;
  deliver(bytes: Buffer): void;
  /** The other end has closed; nothing follows. */
  ended(): void;
}

/** Share of deliveries that arrive in two pieces, so that frames are cut in the middle. */
const splitShare = 0.02;

export class Lane {
  readonly #options: LaneOptions;
  /** `undefined` is the end of the stream. */
  readonly #waiting: (Buffer | undefined)[] = [];
  #arrivalMs = 0;
  #moving = false;
  #cutOff = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  send(bytes: Buffer): void {
    const { random } = this.#options;
    if (bytes.length > 1 && random.next() < splitShare) {
      const at = 1 + random.int(bytes.length - 1);
      this.#enqueue(bytes.subarray(0, at));
      this.#enqueue(bytes.subarray(at));
    } else {
      this.#enqueue(bytes);
    }
  }

  /** The sender has closed: the receiver learns it behind everything sent so far. */
  end(): void {
    this.#enqueue(undefined);
  }

  /** Nothing arrives any more, not even the end. */
  cutOff(): void {
    this.#cutOff = true;
    this.#waiting.length = 0;
  }

  #enqueue(bytes: Buffer | undefined): void {
    if (this.#cutOff) return;
    this.#waiting.push(bytes);
    if (!this.#moving) this.#move();
  }

  #move(): void {
    const { scheduler, random, receiver, conditions } = this.#options;
    this.#moving = true;
    this.#arrivalMs = Math.max(this.#arrivalMs, scheduler.nowMs + conditions.latencyMs(random));
    scheduler.after(this.#arrivalMs - scheduler.nowMs, receiver, () => this.#arrive());
  }

  #arrive(): void {
    const { scheduler, receiver, conditions } = this.#options;
    const heldMs = conditions.heldUntilMs() - scheduler.nowMs;
    if (heldMs > 0) {
      scheduler.after(heldMs, receiver, () => this.#arrive());
      return;
    }
    this.#moving = false;
    const hasBytes = this.#waiting.length > 0;
    const bytes = this.#waiting.shift();
    if (this.#waiting.length > 0) this.#move();
    if (!hasBytes) return;
    if (bytes === undefined) this.#options.ended();
    else this.#options.deliver(bytes);
  }
}
