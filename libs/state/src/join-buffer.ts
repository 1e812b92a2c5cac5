/**
 * Records of a stream that wait for the rows of a versioned table (KIP-923): in the order of time, then of key, until the greatest time buffered has
 * passed theirs by the grace. In memory, restored from its changelog, whose keys and values are the JVM library's.
 */
import type { Header } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { BufferedChange } from './buffered-change.ts';
import { readInt64, writeInt64 } from './local-keys.ts';
import { readVersion3, type LoggedChange } from './read-buffered-change.ts';
import type { RecordContext } from './record-context.ts';
import type { BufferChangelog } from './suppress-buffer.ts';

export interface JoinBufferOptions {
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Topic name given to the serdes: the name of the join (JVM). */
  readonly topic: string;
  readonly graceMs: number;
  /** Undefined: logging is off. */
  readonly changelog: BufferChangelog | undefined;
  readonly context: RecordContext;
}

/** Takes a record that has waited long enough; the context is its own. */
export type TakeRecord = (key: unknown, value: unknown, timestamp: number) => void;

interface Waiting {
  /** `0 || i64 time || key || i32 sequence`: its order, and its key in the changelog. */
  readonly at: Buffer;
  readonly change: BufferedChange;
}

const noHeaders: readonly Header[] = [];
const [prefixBytes, suffixBytes] = [9, 4];

export class JoinBuffer {
  readonly #options: JoinBufferOptions;
  /** In the order in which they leave, from `#first` on. */
  readonly #waiting: Waiting[] = [];
  #first = 0;
  /** Greatest time that was buffered. */
  #observedMs = -1;
  #sequence = 0;

  constructor(options: JoinBufferOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#waiting.length - this.#first;
  }

  /** Keeps a record; false when its time has passed already. */
  put(key: unknown, value: unknown, timestamp: number): boolean {
    const { keySerde, valueSerde, topic, graceMs, context, changelog } = this.#options;
    if (timestamp < this.#observedMs - graceMs) return false;
    this.#sequence = (this.#sequence + 1) & 0x7fffffff;
    const at = bufferKey(keySerde.serialize(topic, key), timestamp, this.#sequence);
    const bytes = Buffer.from(valueSerde.serialize(topic, value));
    const change = new BufferedChange(null, null, bytes, timestamp, context);
    this.#keep(at, change);
    changelog?.append(at, change.serialize(0), null, noHeaders);
    return true;
  }

  /** Gives up the records whose time has passed, each with the context it came with. */
  release(take: TakeRecord): void {
    const { keySerde, valueSerde, topic, graceMs, context, changelog } = this.#options;
    const due = this.#observedMs - graceMs;
    const { headers, origin } = context;
    try {
      for (; this.#first < this.#waiting.length; this.#first++) {
        const { at, change } = this.#waiting[this.#first] as Waiting;
        if (change.timestamp > due) break;
        context.headers = change.headers;
        context.origin = change.origin;
        const key = keySerde.deserialize(topic, at.subarray(prefixBytes, at.length - suffixBytes));
        take(key, valueSerde.deserialize(topic, change.newValue as Buffer), change.timestamp);
        changelog?.append(at, null, null, noHeaders);
      }
    } finally {
      this.#forgetTaken();
      context.headers = headers;
      context.origin = origin;
    }
  }

  /** Everything is logged at once. */
  flush(): void {
    // Nothing waits to be logged.
  }

  /** Takes in a record of the changelog. */
  restore(key: Buffer, logged: LoggedChange | null): void {
    const at = Buffer.from(key);
    // New records go behind those that wait already, and never take the key of one (the JVM begins to count anew).
    this.#sequence = Math.max(this.#sequence, at.readInt32BE(at.length - suffixBytes));
    if (logged !== null) return this.#keep(at, readVersion3(logged.value).change);
    this.#observedMs = Math.max(this.#observedMs, readInt64(at, 1));
    const found = this.#placeOf(at);
    if (this.#waiting[found]?.at.equals(at) === true) this.#waiting.splice(found, 1);
  }

  #keep(at: Buffer, change: BufferedChange): void {
    this.#observedMs = Math.max(this.#observedMs, change.timestamp);
    const place = this.#placeOf(at);
    const isKnown = this.#waiting[place]?.at.equals(at) === true;
    this.#waiting.splice(place, isKnown ? 1 : 0, { at, change });
  }

  /** The first place whose record does not come before this one. */
  #placeOf(at: Buffer): number {
    let [low, high] = [this.#first, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare((this.#waiting[middle] as Waiting).at, at) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What was taken goes in large pieces: each costs a pass over what waits. */
  #forgetTaken(): void {
    if (this.#first < 1024 && this.#first < this.#waiting.length) return;
    if (this.#first * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }
}

function bufferKey(key: Uint8Array, timestamp: number, sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(prefixBytes + key.length + suffixBytes);
  bytes[0] = 0;
  writeInt64(bytes, timestamp, 1);
  bytes.set(key, prefixBytes);
  bytes.writeInt32BE(sequence, prefixBytes + key.length);
  return bytes;
}
