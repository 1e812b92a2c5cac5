import { durationMs, millraceError } from '@millrace/base';
import type { StoreSpec, WindowStoreSpec } from '@millrace/topology';
import type { Graph } from './graph.ts';
import type { Materialized } from './options.ts';
import { entryLimit, historySpec, refuseKinds } from './store-kind.ts';
import type { WindowKind } from './window-kind.ts';

/** `Materialized` with whatever the caller may have left undefined. */
export type StoreOptions<K, V> = { readonly [P in keyof Materialized<K, V>]: Materialized<K, V>[P] | undefined };

/** A store as `Materialized` asks for it, with Kafka Streams' defaults. */
export function storeSpec<K, V>(
  graph: Graph,
  name: string,
  options: StoreOptions<K, V>,
  windows: WindowKind | null,
): StoreSpec {
  const { versioned, maxEntries } = options;
  if (windows !== null) refuseKinds(name, options, 'it keeps windows');
  return {
    name,
    kind: windows?.kind ?? (versioned === undefined ? 'keyValue' : 'versioned'),
    persistent: maxEntries === undefined && !(options.inMemory ?? false),
    // What has versions is never cached (JVM).
    caching: versioned === undefined && (options.caching ?? true),
    logging: options.logging ?? true,
    logConfig: options.logConfig ?? {},
    keySerde: graph.serde(options.key),
    valueSerde: graph.serde(options.value),
    window: windows === null ? null : windowSpec(options, windows),
    ...(versioned === undefined ? {} : { history: historySpec(name, versioned) }),
    ...(maxEntries === undefined ? {} : { maxEntries: entryLimit(name, maxEntries) }),
    ...(options.keepsTimestamps === false ? { keepsTimestamps: false } : {}),
  };
}

function retentionOf<K, V>({ retention }: StoreOptions<K, V>, { keptMs }: WindowKind): number {
  const retentionMs = retention === undefined ? keptMs : durationMs(retention);
  if (retentionMs < keptMs)
    throw millraceError('MR_TOPOLOGY_WINDOW', {
      problem: `a retention of ${retentionMs} ms where windows and their grace need ${keptMs} ms`,
    });
  return retentionMs;
}

function windowSpec<K, V>(options: StoreOptions<K, V>, windows: WindowKind): WindowStoreSpec {
  const { kind, sizeMs, byKey } = windows;
  // What a supplier says is for the store alone; its changelog keeps what the windows need (JVM).
  const changelogRetentionMs = retentionOf(options, windows);
  const { storeRetention } = options;
  const retention =
    storeRetention === undefined
      ? { retentionMs: changelogRetentionMs }
      : { retentionMs: durationMs(storeRetention), changelogRetentionMs };
  return { sizeMs, ...retention, ...(byKey && kind === 'window' ? { byKey } : {}) };
}
