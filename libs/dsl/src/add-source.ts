import { requireName, type SourceNode } from '@millrace/topology';
import { requireOffsetReset } from './argument.ts';
import type { Graph } from './graph.ts';
import type { Consumed } from './options.ts';
import { sourceTime } from './source-time.ts';

/** A source node of topics of a user. `global`: every instance reads all of its partitions. */
export function addSource<K, V>(
  graph: Graph,
  name: string,
  subscription: Pick<SourceNode, 'topics' | 'pattern'>,
  { key, value, timestamp, offsetReset }: Consumed<K, V>,
  global = false,
): void {
  graph.node({
    kind: 'source',
    name: requireName(name, 'processor'),
    ...(global ? { global } : {}),
    ...subscription,
    internal: false,
    keySerde: graph.serde(key),
    valueSerde: graph.serde(value),
    timestampExtractor: sourceTime(graph, name, timestamp),
    offsetReset: requireOffsetReset(name, offsetReset),
  });
}
