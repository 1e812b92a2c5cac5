import { durationMs, millraceError } from '@millrace/base';
import type { StoreSpec, WindowStoreSpec } from '@millrace/topology';
import type { Graph } from './graph.ts';
import type { Materialized } from './options.ts';
import { historySpec, refuseVersioned } from './store-kind.ts';
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
  const { versioned } = options;
  if (windows !== null) refuseVersioned(name, options, 'it keeps windows');
  return {
    name,
    kind: windows?.kind ?? (versioned === undefined ? 'keyValue' : 'versioned'),
    persistent: !(options.inMemory ?? false),
    // What has versions is never cached (JVM).
    caching: versioned === undefined && (options.caching ?? true),
    logging: options.logging ?? true,
    logConfig: options.logConfig ?? {},
    keySerde: graph.serde(options.key),
    valueSerde: graph.serde(options.value),
    window: windows === null ? null : windowSpec(options, windows),
    ...(versioned === undefined ? {} : { history: historySpec(name, versioned) }),
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
  const retentionMs = retentionOf(options, windows);
  return { sizeMs, retentionMs, ...(byKey && kind === 'window' ? { byKey } : {}) };
}
