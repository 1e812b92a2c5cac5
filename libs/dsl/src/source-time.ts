import type { SourceNode } from '@millrace/topology';
import { requireWord } from './argument.ts';
import type { Graph } from './graph.ts';
import type { Consumed, InvalidTimestampPolicy } from './options.ts';

const policies: readonly InvalidTimestampPolicy[] = [
  'failOnInvalidTimestamp',
  'logAndSkipOnInvalidTimestamp',
  'usePartitionTimeOnInvalidTimestamp',
  'wallclock',
];

/** How a source finds the time of its records, as data. */
export function sourceTime<K, V>(
  graph: Graph,
  source: string,
  timestamp: Consumed<K, V>['timestamp'],
): SourceNode['timestampExtractor'] {
  if (timestamp === undefined || timestamp === 'failOnInvalidTimestamp') return null;
  if (typeof timestamp === 'string') requireWord(source, 'timestamp', policies, timestamp);
  return typeof timestamp === 'string' ? { builtIn: timestamp } : graph.function(source, 'timestamp', timestamp);
}
