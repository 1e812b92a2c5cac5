/** Builds the stores and buffers of a sub-topology over the engines of its task. */
import { invariant } from '@millrace/base';
import type { EmitProgress } from '@millrace/operators';
import type { Header, StateEngine } from '@millrace/ports';
import { withHeaders, type Serde } from '@millrace/serde';
import {
  JoinBuffer,
  JoinWaitingStore,
  JoinWindowStore,
  KeyValueStore,
  LruStore,
  sessions,
  SpanStore,
  SuppressBuffer,
  ShortWindowStore,
  UntimedKeyValueStore,
  UntimedWindowStore,
  VersionedStore,
  windowsOfSize,
  WindowStore,
  type BufferChangelog,
  type StateStore,
  type TaskStoreOptions,
} from '@millrace/state';
import { changelogTopicName, type StoreSpec, type Subtopology } from '@millrace/topology';
import { isBuffer } from './buffered-changes.ts';
import type { CompileEnvironment } from './compile-environment.ts';
import { firstStores } from './downstream.ts';
import { withHeadersApart } from './kept-headers.ts';
import { scannedStores } from './processor-node.ts';
import type { ProgramSerdes } from './program-serdes.ts';

export interface CompiledStore {
  readonly name: string;
  readonly id: number;
  readonly store: StateStore;
  readonly changelogTopic: string;
  readonly logging: boolean;
  /** The user topic that it is a copy of; then `changelogTopic` is the same. */
  readonly sourceTopic: string | undefined;
  readonly engine: StateEngine;
  /** Nothing of it is left when the task is closed. */
  readonly inMemory: boolean;
  /** Rows have headers of their own. */
  readonly keepsHeaders: boolean;
  /** How far the final results of its windows were sent. */
  readonly progress: EmitProgress;
}

/** What waits: for a suppression, or for the late rows of a join. */
export interface CompiledBuffer {
  readonly name: string;
  /** Its place among the stores. */
  readonly id: number;
  readonly buffer: SuppressBuffer | JoinBuffer;
  readonly changelogTopic: string;
  readonly logging: boolean;
}

/** A store whose rows can be read ahead of the records that will meet them. */
export type ReadAheadStore = KeyValueStore | WindowStore | SpanStore | VersionedStore;

export class CompiledStores {
  readonly stores: ReadonlyMap<string, CompiledStore>;
  readonly buffers: ReadonlyMap<string, CompiledBuffer>;
  readonly #part: Subtopology;
  readonly #env: CompileEnvironment;
  readonly #serdes: ProgramSerdes;

  constructor(part: Subtopology, environment: CompileEnvironment, serdes: ProgramSerdes) {
    this.#part = part;
    this.#env = environment;
    this.#serdes = serdes;
    const stores = new Map<string, CompiledStore>();
    const buffers = new Map<string, CompiledBuffer>();
    part.stores.forEach((spec, index) => {
      if (isBuffer(spec)) buffers.set(spec.name, this.#buffer(spec, index + 1));
      else stores.set(spec.name, this.#store(spec, index + 1));
    });
    this.stores = stores;
    this.buffers = buffers;
  }

  store(name: string): StateStore {
    const store = this.stores.get(name)?.store;
    invariant(store !== undefined, `the store ${name} is part of the sub-topology`);
    return store;
  }

  suppressBuffer(name: string): SuppressBuffer {
    const buffer = this.buffers.get(name)?.buffer;
    invariant(buffer instanceof SuppressBuffer, `the buffer ${name} is part of the sub-topology`);
    return buffer;
  }

  joinBuffer(name: string): JoinBuffer {
    const buffer = this.buffers.get(name)?.buffer;
    invariant(buffer instanceof JoinBuffer, `the buffer ${name} is part of the sub-topology`);
    return buffer;
  }

  /** Stores that take the keys of a source as they are: their serde is the same. */
  readAheadOf(name: string, keySerde: Serde<unknown>): ReadAheadStore[] {
    return firstStores(this.#part, name).flatMap((spec) => {
      const compiled = this.stores.get(spec.name);
      const store = compiled?.store;
      return store !== undefined && readsAhead(store) && this.#serdes.keyIfAny(spec.keySerde) === keySerde
        ? [store]
        : [];
    });
  }

  #buffer(spec: StoreSpec, id: number): CompiledBuffer {
    const { name, kind, logging, keySerde, valueSerde, graceMs = 0, serdeTopic } = spec;
    const { collector, context, partition, applicationId } = this.#env;
    const topic = changelogTopicName(applicationId, name);
    const changelog: BufferChangelog = { append: (...record) => collector.append(topic, partition, ...record) };
    const options = {
      keySerde: this.#serdes.key(keySerde, `store ${name}`),
      valueSerde: this.#serdes.value(valueSerde, `store ${name}`),
      topic: serdeTopic ?? topic,
      changelog: logging ? changelog : undefined,
      context,
    };
    const buffer = kind === 'joinBuffer' ? new JoinBuffer({ ...options, graceMs }) : new SuppressBuffer(options);
    return { name, id, buffer, changelogTopic: topic, logging };
  }

  #engineOf({ name, persistent }: StoreSpec): StateEngine {
    const { engine, memoryEngine, scanEngine } = this.#env;
    if (!persistent) return memoryEngine;
    return scannedStores(this.#part).includes(name) ? scanEngine : engine;
  }

  #store(spec: StoreSpec, id: number): CompiledStore {
    const { collector, context, partition, memory, applicationId } = this.#env;
    const { name, caching, logging, persistent, sourceTopic, keepsHeaders = false } = spec;
    const engine = this.#engineOf(spec);
    const topic = sourceTopic ?? changelogTopicName(applicationId, name);
    const changelog = {
      append: (key: Uint8Array, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void =>
        collector.append(topic, partition, key, value, timestamp, headers),
    };
    const valueSerde = this.#serdes.wrapped(spec, `store ${name}`, topic);
    const options: TaskStoreOptions = {
      id,
      engine,
      keySerde: this.#serdes.key(spec.keySerde, `store ${name}`),
      valueSerde: keepsHeaders ? (withHeaders(valueSerde) as Serde<unknown>) : valueSerde,
      topic,
      // Without memory for caches nothing is cached, as in the JVM.
      caching: caching && memory.recordCache.maxBytes > 0,
      changelog: !logging ? undefined : keepsHeaders ? withHeadersApart(topic, changelog) : changelog,
      logsHeaders: loggedHeaders(spec),
      memory,
      context,
    };
    const store = this.#storeOf(spec, options);
    const inMemory = !persistent && engine !== this.#env.engine;
    const progress = { lastCloseTime: undefined, hasMoved: false };
    return { name, id, store, changelogTopic: topic, logging, sourceTopic, engine, inMemory, keepsHeaders, progress };
  }

  #storeOf(
    {
      name,
      kind,
      window,
      history,
      maxEntries,
      keepsTimestamps,
      timestamped,
      persistent,
      otherValueSerde = null,
      headersFormat,
    }: StoreSpec,
    options: TaskStoreOptions,
  ): StateStore {
    if (kind === 'joinWaiting') {
      const other = this.#serdes.value(otherValueSerde, `store ${name}`);
      return new JoinWaitingStore({ ...options, otherValueSerde: other });
    }
    const expired = (): void => this.#env.metrics.dropped(name);
    if (history !== undefined) return new VersionedStore({ ...options, ...history, expired });
    if (maxEntries !== undefined) return new LruStore({ ...options, maxEntries, logsEvictions: timestamped === false });
    // A record cache keeps what the store below it would lose.
    const isUntimed = keepsTimestamps === false && !options.caching;
    if (window === null) return isUntimed ? new UntimedKeyValueStore(options) : new KeyValueStore(options);
    if (kind === 'session' || window.byKey === true) {
      const span = kind === 'session' ? sessions : windowsOfSize(window.sizeMs);
      const { retentionMs, timeOrdered = false } = window;
      return new SpanStore({
        ...options,
        span,
        retentionMs,
        timeOrdered,
        isUntimed: isUntimed && kind !== 'session',
        inMemory: !persistent,
        expired,
      });
    }
    const windowed = { ...options, ...window, inMemory: !persistent };
    const hasTimes = !persistent || headersFormat === true;
    if (kind === 'join') return new JoinWindowStore({ ...windowed, hasTimes });
    if (isUntimed) return new UntimedWindowStore({ ...windowed, expired });
    const { retentionMs, changelogRetentionMs = retentionMs } = window;
    return retentionMs < changelogRetentionMs
      ? new ShortWindowStore({ ...windowed, expired })
      : new WindowStore(windowed);
  }
}

/** Subscriptions and records of joins are logged with all their headers, stores in the format with headers log those of deletions (JVM). */
function loggedHeaders({
  kind,
  wrapped,
  timestamped,
  headersFormat,
  keepsHeaders,
}: StoreSpec): TaskStoreOptions['logsHeaders'] {
  if (wrapped === 'subscription' || (kind === 'join' && timestamped !== false)) return 'all';
  return headersFormat === true || keepsHeaders === true ? 'deletions' : undefined;
}

function readsAhead(store: StateStore): store is ReadAheadStore {
  return [KeyValueStore, WindowStore, SpanStore, VersionedStore].some((kind) => store instanceof kind);
}
