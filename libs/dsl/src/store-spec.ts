import { durationMs, millraceError } from '@millrace/base';
import type { StoreSpec, TimeWindowsSpec } from '@millrace/topology';
import type { Graph } from './graph.ts';
import type { Materialized } from './options.ts';

/** `Materialized` with whatever the caller may have left undefined. */
export type StoreOptions<K, V> = { readonly [P in keyof Materialized<K, V>]: Materialized<K, V>[P] | undefined };

/** A store as `Materialized` asks for it, with Kafka Streams' defaults. */
export function storeSpec<K, V>(
  graph: Graph,
  name: string,
  options: StoreOptions<K, V>,
  windows: TimeWindowsSpec | null,
): StoreSpec {
  return {
    name,
    kind: windows === null ? 'keyValue' : 'window',
    persistent: !(options.inMemory ?? false),
    caching: options.caching ?? true,
    logging: options.logging ?? true,
    logConfig: options.logConfig ?? {},
    keySerde: graph.serde(options.key),
    valueSerde: graph.serde(options.value),
    window: windows === null ? null : { sizeMs: windows.sizeMs, retentionMs: retentionOf(options, windows) },
  };
}

function retentionOf<K, V>({ retention }: StoreOptions<K, V>, { sizeMs, graceMs }: TimeWindowsSpec): number {
  const least = sizeMs + graceMs;
  const retentionMs = retention === undefined ? least : durationMs(retention);
  if (retentionMs < least)
    throw millraceError('MR_TOPOLOGY_WINDOW', {
      problem: `a retention of ${retentionMs} ms with size + grace of ${least} ms`,
    });
  return retentionMs;
}
