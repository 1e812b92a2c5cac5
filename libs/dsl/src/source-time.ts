import type { SourceNode } from '@millrace/topology';
import type { Graph } from './graph.ts';
import type { Consumed } from './options.ts';

/** How a source finds the time of its records, as data. */
export function sourceTime<K, V>(
  graph: Graph,
  source: string,
  timestamp: Consumed<K, V>['timestamp'],
): SourceNode['timestampExtractor'] {
  if (timestamp === undefined || timestamp === 'failOnInvalidTimestamp') return null;
  return typeof timestamp === 'string' ? { builtIn: timestamp } : graph.function(source, 'timestamp', timestamp);
}
