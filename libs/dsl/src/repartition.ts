import type { Serde } from '@millrace/serde';
import { requireName } from '@millrace/topology';
import type { AnyFunction, Graph } from './graph.ts';

export interface RepartitionOptions {
  readonly parent: string;
  /** The topic without `-repartition`. */
  readonly prefix: string;
  readonly key: Serde<unknown> | undefined;
  readonly value: Serde<unknown> | undefined;
  readonly partitions?: number | undefined;
  readonly partitioner?: AnyFunction | undefined;
  /** The user has asked for it: no optimization takes it away. */
  readonly isFixed?: boolean;
}

/** Names of the three nodes around a repartition topic. They take their indices whether or not they are used. */
export interface RepartitionNames {
  readonly topic: string;
  readonly sink: string;
  readonly filter: string;
  readonly source: string;
}

/** Generated names stay; a user's name makes `<topic>-sink`, `-filter`, `-source`. */
export function repartitionNames(graph: Graph, prefix: string): RepartitionNames {
  requireName(prefix, 'repartition topic');
  const topic = prefix.endsWith('-repartition') ? prefix : `${prefix}-repartition`;
  const generated = {
    sink: graph.name('KSTREAM-SINK-'),
    filter: graph.name('KSTREAM-FILTER-'),
    source: graph.name('KSTREAM-SOURCE-'),
  };
  if (/^KSTREAM.*-[0-9]{10}$/.test(prefix)) return { topic, ...generated };
  return { topic, sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` };
}

/** Sends a stream through a topic so that equal keys meet in one partition; gives the node that reads it again. */
export function repartition(
  graph: Graph,
  names: RepartitionNames,
  { parent, key, value, partitions, partitioner, isFixed = false }: RepartitionOptions,
): string {
  const keySerde = graph.serde(key);
  const valueSerde = graph.serde(value);
  graph.repartitionTopic({ name: names.topic, partitions: partitions ?? null }, isFixed);
  graph.processor(names.filter, [parent], { type: 'repartitionFilter', dropNullKeys: true });
  graph.node({
    kind: 'sink',
    name: names.sink,
    parents: [names.filter],
    topic: names.topic,
    internal: true,
    keySerde,
    valueSerde,
    partitioner: partitioner === undefined ? null : graph.function(names.sink, 'partitioner', partitioner),
  });
  graph.node({
    kind: 'source',
    name: names.source,
    topics: [names.topic],
    internal: true,
    keySerde,
    valueSerde,
    timestampExtractor: null,
    offsetReset: 'earliest',
  });
  return names.source;
}
