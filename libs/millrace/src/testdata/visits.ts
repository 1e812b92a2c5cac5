/** Visits of pages: counted for ever, by windows and by sessions of who came. One of each kind of store that is queried. */
import { SessionWindows, TimeWindows, Serdes, StreamsBuilder, type Program } from '../index.ts';
import type { Given } from './playground.ts';

const text = { key: Serdes.string(), value: Serdes.string() };

/** Kept in memory: `memory` visits. */
export function visitCounts(input: string): Program {
  const builder = new StreamsBuilder();
  const visits = builder.stream(input, text).groupByKey(text);
  visits.count({ name: 'visits' });
  visits.count({ name: 'in-memory', inMemory: true });
  visits.windowedBy(TimeWindows.ofSizeWithNoGrace('10s')).count({ name: 'by-window' });
  visits.windowedBy(SessionWindows.ofInactivityGapWithNoGrace('5s')).count({ name: 'by-session' });
  return builder.build();
}

/** A visit a second of `visitors` visitors in turn, of which each has the partition of its number. */
export function visits(count: number, { visitors = 8, partitions = 4, from = 0 } = {}): readonly Given[] {
  return Array.from({ length: count }, (_, n) => {
    const visitor = (from + n) % visitors;
    return { partition: visitor % partitions, key: `visitor-${visitor}`, value: 'page', timestamp: (from + n) * 1_000 };
  });
}
