/**
 * Records of a left or outer join that have no partner so far, in the order of time, side (right first) and key: they are looked through from
 * the oldest when windows close. Those with the same place are one list (the JVM's ListValueStore). All of it is in memory; see ADR 0017.
 */
import type { FetchedBatch, StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { keyValueLocalKey, storeEnd } from './local-keys.ts';
import { readied } from './readied.ts';
import type { HeldStore } from './state-store.ts';
import type { StoreEntry } from './store-entry.ts';
import type { ChangelogWriter, DrainedChanges } from './task-store.ts';

export interface JoinWaitingStoreOptions {
  readonly id: number;
  readonly engine: StateEngine;
  readonly keySerde: Serde<unknown>;
  /** Of the left side. */
  readonly valueSerde: Serde<unknown>;
  /** Of the right side. */
  readonly otherValueSerde: Serde<unknown>;
  readonly topic: string;
  readonly changelog: ChangelogWriter | undefined;
}

/** Records of one side with the same key and time. */
export interface WaitingRow {
  readonly timestamp: number;
  readonly isLeft: boolean;
  readonly key: unknown;
  readonly values: unknown[];
  /** True: it has found a partner or was sent; it is skipped. */
  isGone: boolean;
}

interface Row extends WaitingRow {
  /** `i64 timestamp || u8 side (1 left, 0 right) || key`, as the changelog has it. */
  readonly place: Buffer;
  readonly name: string;
  readonly items: Uint8Array[];
}

const rowOverheadBytes = 200;

export class JoinWaitingStore implements HeldStore {
  readonly isMemoryShort = false;
  readonly #options: JoinWaitingStoreOptions;
  readonly #byName = new Map<string, Row>();
  /** By name; rows that are gone stay until the next drain. */
  #ordered: Row[] = [];
  readonly #changed = new Map<string, Buffer>();
  #changedBytes = 0;

  constructor(options: JoinWaitingStoreOptions) {
    this.#options = options;
  }

  /** In their order, with some that are gone. Not to be kept: the next `drain` cleans up. */
  get rows(): readonly WaitingRow[] {
    return this.#ordered;
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** One more record; `now` is the time that the changelog record gets. */
  add(isLeft: boolean, key: unknown, timestamp: number, value: unknown, now: number): void {
    const { topic, changelog } = this.#options;
    const place = this.#place(isLeft, key, timestamp);
    const name = place.toString('latin1');
    const row =
      this.#byName.get(name) ??
      this.#insert({ timestamp, isLeft, key, values: [], isGone: false, place, name, items: [] });
    row.values.push(value);
    row.items.push(waitingItem(isLeft, this.#serdeOf(isLeft).serialize(topic, value)));
    this.#change(row);
    changelog?.append(place, listBytes(row.items), now);
  }

  /** Takes the records of a key and time out, if there are any. */
  remove(isLeft: boolean, key: unknown, timestamp: number, now: number): void {
    if (this.isEmpty) return;
    const row = this.#byName.get(this.#place(isLeft, key, timestamp).toString('latin1'));
    if (row !== undefined) this.drop(row, now);
  }

  drop(row: WaitingRow, now: number): void {
    const gone = row as Row;
    gone.isGone = true;
    this.#byName.delete(gone.name);
    this.#change(gone);
    this.#options.changelog?.append(gone.place, null, now);
  }

  flush(): boolean {
    return false;
  }

  trim(): void {
    // Everything is needed.
  }

  close(): void {
    this.#byName.clear();
    this.#ordered = [];
  }

  get changedCount(): number {
    return this.#changed.size;
  }

  get changedBytes(): number {
    return this.#changedBytes;
  }

  drain(into: DrainedChanges): void {
    for (const [name, place] of this.#changed) {
      const row = this.#byName.get(name);
      into.keys.push(keyValueLocalKey(this.#options.id, place));
      into.values.push(row === undefined ? null : listBytes(row.items));
    }
    this.#changed.clear();
    this.#changedBytes = 0;
    if (this.#ordered.length > this.#byName.size) this.#ordered = this.#ordered.filter(({ isGone }) => !isGone);
  }

  async load(): Promise<void> {
    const { id, engine } = this.#options;
    for await (const chunk of engine.scan({ gte: keyValueLocalKey(id), lt: storeEnd(id) }))
      for (const [localKey, bytes] of chunk) await this.#take(localKey.subarray(2), bytes);
  }

  async restore(batch: FetchedBatch, into: DrainedChanges): Promise<void> {
    for (let i = 0; i < batch.count; i++) {
      const place = batch.key(i);
      if (place === null) continue;
      const value = batch.value(i);
      await this.#take(Buffer.from(place), value === null ? null : Buffer.from(value));
      into.keys.push(keyValueLocalKey(this.#options.id, place));
      into.values.push(value);
    }
  }

  all(): StoreEntry[] {
    return this.#ordered.flatMap(({ timestamp, isLeft, key, values, isGone }) =>
      isGone
        ? []
        : values.map((value) => ({ key: { side: isLeft ? 'left' : 'right', key, timestamp }, value, timestamp })),
    );
  }

  async #take(place: Buffer, bytes: Buffer | null): Promise<void> {
    const name = place.toString('latin1');
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.isGone = true;
      this.#byName.delete(name);
      this.#ordered = this.#ordered.filter((row) => row !== known);
    }
    if (bytes === null) return;
    const { keySerde, topic } = this.#options;
    const timestamp = place.readInt32BE(0) * 0x1_0000_0000 + place.readUInt32BE(4);
    const isLeft = place[8] === 1;
    const items = readList(bytes);
    await readied(keySerde, topic, place.subarray(9));
    for (const one of items) await readied(this.#serdeOf(one[0] === 1), topic, one.subarray(1));
    const key = keySerde.deserialize(topic, place.subarray(9));
    const values = items.map((one) => this.#serdeOf(one[0] === 1).deserialize(topic, one.subarray(1)));
    this.#insert({ timestamp, isLeft, key, values, isGone: false, place, name, items });
  }

  #insert(row: Row): Row {
    this.#byName.set(row.name, row);
    const ordered = this.#ordered;
    let low = 0;
    // Time mostly goes forward: then the place is the end.
    const last = ordered[ordered.length - 1];
    if (last !== undefined && last.name < row.name) low = ordered.length;
    for (let high = ordered.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((ordered[middle] as Row).name <= row.name) low = middle + 1;
      else high = middle;
    }
    ordered.splice(low, 0, row);
    return row;
  }

  #change({ name, place, items }: Row): void {
    if (this.#changed.has(name)) return;
    this.#changed.set(name, place);
    this.#changedBytes += rowOverheadBytes + place.length + items.reduce((sum, { length }) => sum + length, 0);
  }

  #serdeOf(isLeft: boolean): Serde<unknown> {
    return isLeft ? this.#options.valueSerde : this.#options.otherValueSerde;
  }

  #place(isLeft: boolean, key: unknown, timestamp: number): Buffer {
    const { keySerde, topic } = this.#options;
    return waitingPlace(isLeft, keySerde.serialize(topic, key), timestamp);
  }
}

/** Key of the changelog: `i64 timestamp || u8 side (1 left, 0 right) || key` */
export function waitingPlace(isLeft: boolean, key: Uint8Array, timestamp: number): Buffer {
  const bytes = Buffer.allocUnsafe(9 + key.length);
  bytes.writeUInt32BE(Math.floor(timestamp / 0x1_0000_0000), 0);
  bytes.writeUInt32BE(timestamp >>> 0, 4);
  bytes[8] = isLeft ? 1 : 0;
  bytes.set(key, 9);
  return bytes;
}

/** One record of a row, as the list in the changelog holds it: `u8 side || value` */
export function waitingItem(isLeft: boolean, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + value.length);
  bytes[0] = isLeft ? 1 : 0;
  bytes.set(value, 1);
  return bytes;
}

/** The list serde's variable form: `u8 1 || i32 count || (i32 length || bytes)...` */
function listBytes(items: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafe(5 + items.reduce((sum, { length }) => sum + 4 + length, 0));
  bytes[0] = 1;
  bytes.writeInt32BE(items.length, 1);
  let at = 5;
  for (const one of items) {
    bytes.writeInt32BE(one.length, at);
    bytes.set(one, at + 4);
    at += 4 + one.length;
  }
  return bytes;
}

function readList(bytes: Buffer): Buffer[] {
  const items: Buffer[] = [];
  for (let at = 5; items.length < bytes.readInt32BE(1);) {
    const length = bytes.readInt32BE(at);
    items.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return items;
}
