/** Declarations of state stores for processors (JVM: Stores and StoreBuilder), as options objects. */
import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { Serde } from '@millrace/serde';
import {
  requireName,
  type KeyValueStore,
  type SessionStore,
  type SessionStoreWithHeaders,
  type StoreHandle,
  type StoreSpec,
  type TimestampedKeyValueStore,
  type TimestampedKeyValueStoreWithHeaders,
  type TimestampedWindowStore,
  type TimestampedWindowStoreWithHeaders,
  type VersionedKeyValueStore,
  type WindowStore,
  type WindowStoreSpec,
} from '@millrace/topology';
import { requireOptions } from './argument.ts';
import type { Graph } from './graph.ts';
import { entryLimit, historySpec, refuseKinds, type VersionedOptions } from './store-kind.ts';
import { storeSuppliers } from './store-suppliers.ts';

/** What all stores have. */
export interface StoreBuilderOptions<K, V> {
  /** Its changelog topic is named after it. */
  readonly name: string;
  /** The configured default when absent. */
  readonly key?: Serde<K>;
  /** The configured default when absent. */
  readonly value?: Serde<V>;
  /** The record cache: one update a key and commit goes to the changelog. @default false */
  readonly caching?: boolean;
  /** A changelog topic. @default true */
  readonly logging?: boolean;
  /** Settings of the changelog topic. */
  readonly logConfig?: Readonly<Record<string, string>>;
  /** In memory instead of on disk. @default false */
  readonly inMemory?: boolean;
  /** Of key-value stores: so many rows at most, in memory, those used last. */
  readonly maxEntries?: number;
  /** False: without a record cache the rows of a timestamped store lose their time. @default true */
  readonly keepsTimestamps?: boolean;
}

/** What stores of windows have. */
export interface WindowStoreBuilderOptions<K, V> extends StoreBuilderOptions<K, V> {
  /** How long windows are kept, in event time; at least their size. */
  readonly retention: Duration;
  /** Length of a window; rows are found by its start, so it only bounds the retention. */
  readonly windowSize: Duration;
  /** Several rows a key and window. @default false */
  readonly retainDuplicates?: boolean;
}

/** What stores of sessions have. */
export interface SessionStoreBuilderOptions<K, V> extends StoreBuilderOptions<K, V> {
  /** How long sessions are kept, in event time. */
  readonly retention: Duration;
}

/** What stores with versions have; they are never cached. */
export interface VersionedStoreBuilderOptions<K, V> extends Omit<StoreBuilderOptions<K, V>, 'caching'> {
  /** How far its history reaches. */
  readonly versioned: VersionedOptions;
  /** Not here: a record cache knows one version a row. */
  readonly caching?: false;
}

/** A store that can be added to a topology, and that `getStateStore` gives to processors with its type. */
export interface StoreBuilder<S> extends StoreHandle<S> {
  /** The store as data; its serdes go into the graph. */
  readonly spec: (graph: Graph) => StoreSpec;
}

/**
 * What declares stores for processors, as options objects (JVM: Stores).
 * @example builder.addStateStore(Stores.keyValueStore({ name: 'seen', key: Serdes.string(), value: Serdes.long() }));
 */
export const Stores = {
  ...storeSuppliers,

  /** Rows by key. */
  keyValueStore: <K, V>(options: StoreBuilderOptions<K, V>): StoreBuilder<KeyValueStore<K, V>> =>
    builder(options, { kind: 'keyValue', timestamped: false, window: null }),

  /** Rows by key with a timestamp of their own, as the DSL's tables have them. */
  timestampedKeyValueStore: <K, V>(options: StoreBuilderOptions<K, V>): StoreBuilder<TimestampedKeyValueStore<K, V>> =>
    builder(options, { kind: 'keyValue', timestamped: true, window: null }),

  /** Rows by key and window. Throws MR_TOPOLOGY_WINDOW when windows are kept for less than their size. */
  windowStore: <K, V>(options: WindowStoreBuilderOptions<K, V>): StoreBuilder<WindowStore<K, V>> =>
    builder(options, {
      window: windowOf(options),
      kind: options.retainDuplicates === true ? 'join' : 'window',
      timestamped: false,
    }),

  /** Rows by key and session. */
  sessionStore: <K, V>(options: SessionStoreBuilderOptions<K, V>): StoreBuilder<SessionStore<K, V>> => {
    const window = sessionsOf(options);
    return builder(options, { kind: 'session', timestamped: false, window });
  },

  /** Rows by key and window with a timestamp of their own, as the DSL's windowed tables have them. Throws as `windowStore` does. */
  timestampedWindowStore: <K, V>(
    options: WindowStoreBuilderOptions<K, V>,
  ): StoreBuilder<TimestampedWindowStore<K, V>> =>
    builder(options, { kind: 'window', timestamped: true, window: windowOf(options) }),

  /**
   * Rows by key with a timestamp and headers of their own (KIP-1271).
   * @example store.put('a', { value: 1, timestamp: record.timestamp, headers: [...record.headers] });
   */
  timestampedKeyValueStoreWithHeaders: <K, V>(
    options: StoreBuilderOptions<K, V>,
  ): StoreBuilder<TimestampedKeyValueStoreWithHeaders<K, V>> =>
    builder(options, { kind: 'keyValue', timestamped: true, window: null, keepsHeaders: true }),

  /** Rows by key and window with a timestamp and headers of their own (KIP-1271). Throws as `windowStore` does. */
  timestampedWindowStoreWithHeaders: <K, V>(
    options: WindowStoreBuilderOptions<K, V>,
  ): StoreBuilder<TimestampedWindowStoreWithHeaders<K, V>> =>
    builder(options, { kind: 'window', timestamped: true, window: windowOf(options), keepsHeaders: true }),

  /** Rows by key and session with headers of their own (KIP-1271). */
  sessionStoreWithHeaders: <K, V>(
    options: SessionStoreBuilderOptions<K, V>,
  ): StoreBuilder<SessionStoreWithHeaders<K, V>> => {
    const window = sessionsOf(options);
    return builder(options, { kind: 'session', timestamped: false, window, keepsHeaders: true });
  },

  /**
   * Rows by key with the values that they had before (KIP-889). Throws MR_TOPOLOGY_STORE_KIND when it is to be cached.
   * @example Stores.versionedKeyValueStore({ name: 'prices', versioned: { history: '1d' }, value: Serdes.double() })
   */
  versionedKeyValueStore: <K, V>(
    options: VersionedStoreBuilderOptions<K, V>,
  ): StoreBuilder<VersionedKeyValueStore<K, V>> => {
    requireOptions('a store', options ?? null);
    const { name, versioned, caching } = options;
    if ((caching as boolean | undefined) === true)
      throw millraceError('MR_TOPOLOGY_STORE_KIND', { store: name, kind: 'versioned', problem: 'it is to be cached' });
    return builder(options, { kind: 'versioned', window: null, history: historySpec(name, versioned) });
  },
};

function builder<K, V, S>(
  options: StoreBuilderOptions<K, V>,
  shape: Pick<StoreSpec, 'kind' | 'timestamped' | 'window' | 'history' | 'keepsHeaders'>,
): StoreBuilder<S> {
  requireOptions('a store', options ?? null);
  const { name, key, value, caching = false, logging = true, logConfig = {}, inMemory = false } = options;
  const { maxEntries, keepsTimestamps } = options;
  requireName(name, 'store');
  if (shape.kind !== 'keyValue') refuseKinds(name, { maxEntries }, 'only rows by key are kept by use');
  return {
    name,
    spec: (graph) => ({
      name,
      ...shape,
      persistent: !inMemory && maxEntries === undefined,
      ...(maxEntries === undefined ? {} : { maxEntries: entryLimit(name, maxEntries) }),
      ...(keepsTimestamps === false && shape.timestamped === true ? { keepsTimestamps } : {}),
      caching,
      logging,
      // Rows with equal keys are different rows: compaction would lose all but one.
      logConfig: shape.kind === 'join' ? { 'cleanup.policy': 'delete', ...logConfig } : logConfig,
      keySerde: graph.serde(key),
      valueSerde: graph.serde(value),
    }),
  };
}

function sessionsOf<K, V>(options: SessionStoreBuilderOptions<K, V>): WindowStoreSpec {
  requireOptions('a store', options ?? null);
  return { sizeMs: 0, retentionMs: durationMs(options.retention) };
}

function windowOf<K, V>(options: WindowStoreBuilderOptions<K, V>): WindowStoreSpec {
  requireOptions('a store', options ?? null);
  const { retention, windowSize } = options;
  const [retentionMs, sizeMs] = [durationMs(retention), durationMs(windowSize)];
  if (sizeMs > retentionMs)
    throw millraceError('MR_TOPOLOGY_WINDOW', {
      problem: `a retention of ${retentionMs} ms for windows of ${sizeMs} ms`,
    });
  return { sizeMs, retentionMs };
}
