/**
 * The state of a task: its engines (stores kept in memory have their own), its stores, and how far their changelogs are in them. Number 0 of the
 * store numbers is the task's own: `0 || "changelog" || topic` holds the next changelog offset, written in the same batch as the data it belongs to.
 * A store that is a copy of a source topic has `0 || "source" || topic || "-" || partition` for each input instead: the next offset to process.
 *
 * What is committed goes to the engines a little later, many commits in one write: a row that changes at every commit is written once. After a crash
 * the changelog has the rest, from the stored offset on; of what is kept in memory, everything.
 */
import type { Clock } from '@millrace/base';
import type { FetchedBatch, StateEngine, TopicPartition } from '@millrace/ports';
import {
  isRestored,
  keyValueLocalKey,
  localValue,
  loggedChange,
  readWindowChangelogKey,
  windowLocalKey,
  WindowStore,
  type DrainedChanges,
} from '@millrace/state';
import { withHeadersInValues } from '../compile/kept-headers.ts';
import type { CompiledBuffer, CompiledStore } from '../compile/compile-stores.ts';
import type { ChangelogPosition, RecordCollector } from './stream-task.ts';

export interface TaskStateOptions {
  /** On disk; stores that are kept in memory have another one. */
  readonly engine: StateEngine;
  readonly stores: readonly CompiledStore[];
  /** Kept in memory, all of them. */
  readonly buffers: readonly CompiledBuffer[];
  readonly partition: number;
  readonly inputs: readonly TopicPartition[];
  /** The next offset to process of an input; undefined when nothing was read. */
  readonly position: (input: TopicPartition) => number | undefined;
  readonly collector: RecordCollector;
  readonly clock: Clock;
}

/** Committed rows are written when there are this many, when the last write is this long ago, or when memory is short. */
const lag = { rows: 20_000, ms: 1_000 };

/** Where a store's records are kept: a partition, and the name under which the engine has the position in it. */
interface Place extends TopicPartition {
  readonly name: string;
}

const positionKey = (name: string): Buffer => keyValueLocalKey(0, Buffer.from(name));

export class TaskState {
  readonly #options: TaskStateOptions;
  /** Next offset by place, as the engine has it; -1: nothing stored. */
  readonly #stored = new Map<string, number>();
  /** The same, as it is committed. */
  readonly #committed = new Map<string, number>();
  /** Stores and buffers in the order of the topology. */
  readonly #inOrder: readonly { flush(): unknown }[];
  #wroteAtMs: number;
  /** A write failed: the engine lacks rows that are in no store's list any more. */
  #isBroken = false;

  constructor(options: TaskStateOptions) {
    this.#options = options;
    const caches = options.stores.map(({ id, store }) => ({ id, flushed: store }));
    const waiting = options.buffers.map(({ id, buffer }) => ({ id, flushed: buffer }));
    this.#inOrder = [...caches, ...waiting].sort((a, b) => a.id - b.id).map(({ flushed }) => flushed);
    this.#wroteAtMs = options.clock.monotonic();
    for (const store of options.stores) {
      for (const { name } of this.#placesOf(store)) {
        const stored = store.engine.getSync(positionKey(name));
        this.#stored.set(name, stored === undefined ? -1 : Number(stored.readBigInt64BE()));
      }
    }
  }

  positions(): readonly ChangelogPosition[] {
    const { stores, buffers, partition } = this.#options;
    const kept = stores.flatMap((store) =>
      this.#placesOf(store).map((place) => ({
        ...(store.inMemory ? { inMemory: true } : {}),
        ...(store.sourceTopic === undefined ? {} : { isSource: true }),
        store: store.name,
        topic: place.topic,
        partition: place.partition,
        offset: this.#stored.get(place.name) ?? -1,
      })),
    );
    const waiting = buffers
      .filter(({ logging }) => logging)
      .map(({ name, changelogTopic: topic }) => ({ inMemory: true, store: name, topic, partition, offset: -1 }));
    return [...kept, ...waiting];
  }

  /** Applies changelog records and the new position in one atomic write. What has expired is left out. */
  async restore(batch: FetchedBatch): Promise<void> {
    const store = this.#options.stores.find(({ changelogTopic }) => changelogTopic === batch.topic);
    if (store === undefined) return this.#restoreBuffer(batch);
    const changes = noChanges();
    const rows = store.keepsHeaders ? withHeadersInValues(batch) : batch;
    if (isRestored(store.store)) await store.store.restore(rows, changes);
    else pushRows(store, rows, changes);
    const place = this.#placesOf(store).find(({ partition }) => partition === batch.partition);
    if (place !== undefined) this.#pushPosition(place.name, batch.nextOffset, changes);
    await store.engine.write(changes);
  }

  /**
   * Flushes the record caches through the topology, and what buffers have to log, in the order of the stores (JVM); and again until all are quiet:
   * flushing one store may write to one before it.
   */
  flush(): void {
    const { stores, buffers } = this.#options;
    for (const flushed of this.#inOrder) flushed.flush();
    while (stores.some(({ store }) => store.flush()));
    for (const { buffer } of buffers) buffer.flush();
  }

  #restoreBuffer(batch: FetchedBatch): void {
    const found = this.#options.buffers.find(({ changelogTopic }) => changelogTopic === batch.topic);
    if (found === undefined) return;
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      const value = batch.value(i);
      if (key !== null) found.buffer.restore(key, value === null ? null : loggedChange(batch, i, value));
    }
  }

  /** All changes are committed, up to the ends of the changelogs. Takes what is to be written before it returns. */
  async committed(): Promise<void> {
    const { stores, collector, position } = this.#options;
    for (const store of stores) {
      for (const { name, topic, partition } of this.#placesOf(store)) {
        const end = store.logging ? collector.endOffset(topic, partition) : position({ topic, partition });
        if (end !== undefined) this.#committed.set(name, end);
      }
    }
    if (this.#isDue()) await this.#write();
  }

  /** For a task that rests with all its changes committed: writes them when it is time. */
  settle(): Promise<void> | undefined {
    return this.#options.stores.some(({ store }) => store.changedCount > 0) && this.#isDue()
      ? this.#write()
      : undefined;
  }

  /** Bytes that the engine does not know. */
  stagedBytes(): number {
    return this.#options.stores.reduce((sum, { store }) => sum + store.changedBytes, 0);
  }

  /** Closes the engine; `isClean` when all changes are committed: then they are written first. */
  async close(isClean: boolean): Promise<void> {
    const { stores, engine } = this.#options;
    try {
      if (isClean && !this.#isBroken) await this.#write();
    } finally {
      for (const { store } of stores) store.close();
      await engine.close();
    }
  }

  #isDue(): boolean {
    const { stores, clock } = this.#options;
    // Nothing brings back what a store without changelog has lost.
    if (stores.some(({ logging, sourceTopic }) => !logging && sourceTopic === undefined)) return true;
    const rows = stores.reduce((sum, { store }) => sum + store.changedCount, 0);
    const isShort = stores.some(({ store }) => store.isMemoryShort);
    return rows >= lag.rows || isShort || clock.monotonic() - this.#wroteAtMs >= lag.ms;
  }

  async #write(): Promise<void> {
    const { stores, clock } = this.#options;
    const byEngine = new Map<StateEngine, DrainedChanges>();
    for (const compiled of stores) {
      const changes = byEngine.get(compiled.engine) ?? noChanges();
      byEngine.set(compiled.engine, changes);
      compiled.store.drain(changes);
      for (const { name } of this.#placesOf(compiled)) {
        const end = this.#committed.get(name);
        if (end !== undefined && end > (this.#stored.get(name) ?? -1)) this.#pushPosition(name, end, changes);
      }
    }
    this.#wroteAtMs = clock.monotonic();
    const writes = [...byEngine].filter(([, { keys, deleteRanges }]) => keys.length > 0 || deleteRanges.length > 0);
    if (writes.length === 0) return;
    this.#isBroken = true;
    for (const [engine, changes] of writes) await engine.write(changes);
    this.#isBroken = false;
    for (const { store } of stores) store.trim();
  }

  /** None for a store that nothing brings back. */
  #placesOf({ changelogTopic: topic, logging, sourceTopic }: CompiledStore): readonly Place[] {
    const { partition, inputs } = this.#options;
    if (logging) return [{ topic, partition, name: `changelog${topic}` }];
    return inputs
      .filter((input) => input.topic === sourceTopic)
      .map((input) => ({ ...input, name: `source${input.topic}-${input.partition}` }));
  }

  #pushPosition(name: string, offset: number, { keys, values }: DrainedChanges): void {
    this.#stored.set(name, offset);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(BigInt(offset));
    keys.push(positionKey(name));
    values.push(bytes);
  }
}

function noChanges(): DrainedChanges {
  return { deleteRanges: [], keys: [], values: [] };
}

function pushRows(store: CompiledStore, batch: FetchedBatch, changes: DrainedChanges): void {
  const localKey = localKeys(store, batch, changes);
  for (let i = 0; i < batch.count; i++) {
    const key = batch.key(i);
    const local = key === null ? undefined : localKey(key);
    if (local === undefined) continue;
    const value = batch.value(i);
    changes.keys.push(local);
    changes.values.push(value === null ? null : localValue(value, batch.timestamp(i)));
  }
}

/** How changelog keys of a batch become local keys; undefined for windows that have expired by its end. */
function localKeys(
  { id, store }: CompiledStore,
  batch: FetchedBatch,
  changes: DrainedChanges,
): (key: Buffer) => Buffer | undefined {
  if (!(store instanceof WindowStore)) return (key) => keyValueLocalKey(id, key);
  for (let i = 0; i < batch.count; i++) {
    const key = batch.key(i);
    if (key !== null) store.observe(readWindowChangelogKey(key).start);
  }
  const first = store.expire(changes);
  return (changelogKey) => {
    const { key, start } = readWindowChangelogKey(changelogKey);
    return start < first ? undefined : windowLocalKey(id, start, key);
  };
}
