/**
 * Rows as bytes over an engine: those read lately, and those that the engine does not know yet. Nothing reaches the engine before `drain`. For stores
 * that decode for themselves.
 */
import { invariant } from '@millrace/base';
import type { KeyRange, KeyValue, StateEngine } from '@millrace/ports';
import { ResidentRows } from './resident-rows.ts';
import type { StateMemory } from './state-memory.ts';
import type { DrainedChanges } from './task-store.ts';

interface RawRow {
  readonly localKey: Buffer;
  /** Null: there is none. */
  bytes: Buffer | null;
  isChanged: boolean;
  sizeBytes: number;
}

/** What a row takes beside its key and value: object, buffers, its place in the map. */
const rowOverheadBytes = 300;

/** Reading ahead begins when so many rows had to be read from the engine since the last batch. */
const readAheadFromRows = 8;

export class RawRows {
  readonly #engine: StateEngine;
  readonly #memory: StateMemory;
  readonly #rows = new ResidentRows<RawRow>();
  #changed: RawRow[] = [];
  #changedBytes = 0;
  #residentBytes = 0;
  #loads = 0;
  /** Counts the times that rows were forgotten: what was read before is not taken in after. */
  #era = 0;

  constructor(engine: StateEngine, memory: StateMemory) {
    this.#engine = engine;
    this.#memory = memory;
  }

  get(localKey: Buffer): Buffer | null {
    return this.#row(localKey).bytes;
  }

  put(localKey: Buffer, bytes: Buffer | null): void {
    const row = this.#rows.get(mapKey(localKey)) ?? this.#add(localKey, null);
    row.bytes = bytes;
    const before = row.sizeBytes;
    row.sizeBytes = sizeOf(row);
    this.#count(row.sizeBytes - before);
    if (row.isChanged) return;
    row.isChanged = true;
    this.#changed.push(row);
    this.#changedBytes += row.sizeBytes;
  }

  /** Pairs of a range in key order, with the changes laid over. Only where the engine can be scanned at once. */
  scan(range: KeyRange): KeyValue[] {
    const { scanSync } = this.#engine;
    invariant(scanSync, 'a store that is scanned at once has an engine that can');
    const found = new Map<string, KeyValue>();
    for (const pair of scanSync.call(this.#engine, { ...range, reverse: false })) found.set(mapKey(pair[0]), pair);
    for (const { localKey, bytes } of this.#changed) {
      if (!isWithin(localKey, range)) continue;
      if (bytes === null) found.delete(mapKey(localKey));
      else found.set(mapKey(localKey), [localKey, bytes]);
    }
    const pairs = [...found.values()].sort(([a], [b]) => Buffer.compare(a, b));
    return range.reverse === true ? pairs.reverse() : pairs;
  }

  /** What rows are now, read beside the thread. Keeps none of them in memory. */
  async look(localKeys: readonly Buffer[]): Promise<(Buffer | null | undefined)[]> {
    const seen = localKeys.map((localKey) => this.#rows.peek(mapKey(localKey))?.bytes);
    const missing = localKeys.filter((_, i) => seen[i] === undefined);
    const found = missing.length === 0 ? [] : await this.#engine.getMany(missing);
    let at = 0;
    return seen.map((bytes) => (bytes === undefined ? found[at++] : bytes));
  }

  /** Reads rows beside the thread that are likely to be asked for; undefined when there is nothing to wait for, or when little was missed lately. */
  readAhead(localKeys: Iterable<Buffer>): Promise<void> | undefined {
    const isWorthwhile = this.#loads >= readAheadFromRows;
    this.#loads = 0;
    if (!isWorthwhile) return undefined;
    const missing = new Map<string, Buffer>();
    for (const key of localKeys) if (this.#rows.get(mapKey(key)) === undefined) missing.set(mapKey(key), key);
    return missing.size === 0 ? undefined : this.#read([...missing.values()]);
  }

  /** Forgets changes that are of no use any more. */
  dropChanged({ gte, lt }: { readonly gte: Buffer; readonly lt: Buffer }): void {
    this.#changed = this.#changed.filter((row) => {
      if (!isWithin(row.localKey, { gte, lt })) return true;
      row.isChanged = false;
      return false;
    });
  }

  /** Changes as the engine takes them; the rows count as written. */
  drain({ keys, values }: DrainedChanges): void {
    for (const row of this.#changed) {
      row.isChanged = false;
      keys.push(row.localKey);
      values.push(row.bytes);
    }
    this.#changed = [];
    this.#changedBytes = 0;
  }

  /** Forgets rows not used lately when all stores together hold too much. Only after what `drain` gave is written. */
  trim(): void {
    if (!this.isMemoryShort || this.#changed.length > 0) return;
    this.#era++;
    this.#count(-this.#rows.rotate());
  }

  close(): void {
    this.#count(-this.#residentBytes);
  }

  get changedCount(): number {
    return this.#changed.length;
  }

  get changedBytes(): number {
    return this.#changedBytes;
  }

  get isMemoryShort(): boolean {
    const { usedBytes, maxBytes } = this.#memory.resident;
    return usedBytes > maxBytes;
  }

  async #read(localKeys: readonly Buffer[]): Promise<void> {
    const era = this.#era;
    const found = await this.#engine.getMany(localKeys);
    this.#loads += localKeys.length;
    if (era !== this.#era) return;
    localKeys.forEach((localKey, i) => {
      if (this.#rows.get(mapKey(localKey)) === undefined) this.#add(localKey, found[i] ?? null);
    });
  }

  #row(localKey: Buffer): RawRow {
    const known = this.#rows.get(mapKey(localKey));
    if (known !== undefined) return known;
    this.#loads++;
    return this.#add(localKey, this.#engine.getSync(localKey) ?? null);
  }

  #add(localKey: Buffer, bytes: Buffer | null): RawRow {
    const row: RawRow = { localKey, bytes, isChanged: false, sizeBytes: 0 };
    row.sizeBytes = sizeOf(row);
    this.#rows.add(mapKey(localKey), row);
    this.#count(row.sizeBytes);
    return row;
  }

  #count(bytes: number): void {
    this.#residentBytes += bytes;
    this.#memory.resident.usedBytes += bytes;
  }
}

function mapKey(localKey: Buffer): string {
  return localKey.toString('latin1');
}

function sizeOf({ localKey, bytes }: RawRow): number {
  return rowOverheadBytes + 2 * localKey.length + (bytes?.length ?? 0);
}

function isWithin(key: Buffer, { gte, lt }: KeyRange): boolean {
  return (gte === undefined || Buffer.compare(key, gte) >= 0) && (lt === undefined || Buffer.compare(key, lt) < 0);
}
