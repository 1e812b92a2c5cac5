/**
 * The buffer of a suppression: changes of a table that wait, one a key, in the order of the time each key first came with. In memory, restored from its
 * changelog; logged at `flush`, each key that changed since the last one, as the JVM library does (format version 3).
 */
import type { Header } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { BufferedChange } from './buffered-change.ts';
import { DirtyKeys } from './dirty-keys.ts';
import { readBufferedChange, type LoggedChange } from './read-buffered-change.ts';
import type { RecordContext } from './record-context.ts';

export interface BufferChangelog {
  /** Null as timestamp: the time at which it is sent. */
  append(key: Uint8Array, value: Uint8Array | null, timestamp: null, headers: readonly Header[]): void;
}

export interface SuppressBufferOptions {
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Topic name given to the serdes: the changelog's. */
  readonly topic: string;
  /** Undefined: logging is off. */
  readonly changelog: BufferChangelog | undefined;
  readonly context: RecordContext;
}

interface Entry {
  readonly time: number;
  readonly key: Buffer;
  change: BufferedChange;
  /** Taken out, but still in the heap. */
  isGone: boolean;
}

/** Takes a change that has waited long enough. */
export type Release = (key: unknown, newValue: unknown, oldValue: unknown, timestamp: number) => void;

const versionHeader: readonly Header[] = [{ key: 'v', value: Buffer.of(3) }];
const noHeaders: readonly Header[] = [];

export class SuppressBuffer {
  readonly #options: SuppressBufferOptions;
  readonly #byKey = new Map<string, Entry>();
  /** Binary heap: the entry that came first on top. */
  readonly #heap: Entry[] = [];
  readonly #dirty = new DirtyKeys();
  #bytes = 0;

  constructor(options: SuppressBufferOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#byKey.size;
  }

  /** What the JVM library counts for the buffer: keys, values, headers, and 28 bytes and the topic name each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The time of the entry that has waited longest; Infinity when there is none. */
  get firstTime(): number {
    return this.#first()?.time ?? Infinity;
  }

  /** Keeps a change. A key that waits already keeps its place. */
  put(time: number, key: unknown, newValue: unknown, oldValue: unknown, timestamp: number): void {
    const { keySerde, valueSerde, topic, context } = this.#options;
    const bytesOf = (value: unknown): Buffer | null =>
      value === null ? null : Buffer.from(valueSerde.serialize(topic, value));
    const keyBytes = Buffer.from(keySerde.serialize(topic, key));
    const known = this.#byKey.get(keyBytes.toString('latin1'));
    const before = bytesOf(oldValue);
    const prior = known === undefined ? before : known.change.prior;
    this.#keep(time, keyBytes, new BufferedChange(prior, before, bytesOf(newValue), timestamp, context));
    if (this.#options.changelog !== undefined) this.#dirty.add(keyBytes);
  }

  /** Gives up entries, the longest waiting first, while `isDue`; each goes out with the context it came with. */
  release(isDue: () => boolean, take: Release): void {
    const { keySerde, valueSerde, topic, context, changelog } = this.#options;
    const interrupted = { headers: context.headers, origin: context.origin };
    for (let entry = this.#first(); entry !== undefined && isDue(); entry = this.#first()) {
      const { key, change } = entry;
      const valueOf = (bytes: Buffer | null): unknown => (bytes === null ? null : valueSerde.deserialize(topic, bytes));
      context.headers = change.headers;
      context.origin = change.origin;
      take(keySerde.deserialize(topic, key), valueOf(change.newValue), valueOf(change.oldValue), change.timestamp);
      this.#remove(entry);
      if (changelog !== undefined) this.#dirty.add(key);
    }
    context.headers = interrupted.headers;
    context.origin = interrupted.origin;
  }

  /** What was downstream before a key began to wait; undefined when it does not wait. */
  priorOf(key: unknown): { readonly value: unknown } | undefined {
    const { keySerde, valueSerde, topic } = this.#options;
    const entry = this.#byKey.get(Buffer.from(keySerde.serialize(topic, key)).toString('latin1'));
    if (entry === undefined) return undefined;
    const { prior } = entry.change;
    return { value: prior === null ? null : valueSerde.deserialize(topic, prior) };
  }

  /** Logs what has changed. */
  flush(): void {
    for (const key of this.#dirty.drain()) {
      const entry = this.#byKey.get(key.toString('latin1'));
      const value = entry === undefined ? null : entry.change.serialize(entry.time);
      this.#options.changelog?.append(key, value, null, entry === undefined ? noHeaders : versionHeader);
    }
  }

  /** Takes in a record of the changelog, of any version; null: the key does not wait any more. */
  restore(key: Buffer, logged: LoggedChange | null): void {
    const known = this.#byKey.get(key.toString('latin1'));
    if (logged !== null) {
      const { change, time } = readBufferedChange(logged, known?.change);
      // It went out and came back between two commits: its new place is the one that counts. The JVM library keeps the old one.
      if (known !== undefined && known.time !== time) this.#remove(known);
      this.#keep(time, Buffer.from(key), change);
    } else if (known !== undefined) this.#remove(known);
  }

  #keep(time: number, key: Buffer, change: BufferedChange): void {
    const name = key.toString('latin1');
    const known = this.#byKey.get(name);
    this.#bytes += change.sizeWith(key);
    if (known !== undefined) {
      this.#bytes -= known.change.sizeWith(key);
      known.change = change;
      return;
    }
    const entry: Entry = { time, key, change, isGone: false };
    this.#byKey.set(name, entry);
    this.#push(entry);
  }

  #remove(entry: Entry): void {
    entry.isGone = true;
    this.#byKey.delete(entry.key.toString('latin1'));
    this.#bytes -= entry.change.sizeWith(entry.key);
  }

  #first(): Entry | undefined {
    while (this.#heap[0]?.isGone === true) this.#pop();
    return this.#heap[0];
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time !== b.time ? a.time < b.time : Buffer.compare(a.key, b.key) < 0;
}
