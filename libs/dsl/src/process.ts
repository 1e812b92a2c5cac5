/** Processors in a topology of streams. */
import { requireName, type ProcessorOperation } from '@millrace/topology';
import type { AnyFunction, Graph } from './graph.ts';
import type { ProcessOptions } from './options.ts';
import type { StoreBuilder } from './stores.ts';

interface ProcessStep {
  readonly type: 'process' | 'processValues';
  readonly prefix: string;
  readonly parent: string;
  readonly supplier: AnyFunction;
  readonly options: ProcessOptions;
}

/** Adds a processor; gives its node. A name of the user takes no index, as in the JVM library. */
export function addProcess(graph: Graph, { type, prefix, parent, supplier, options }: ProcessStep): string {
  const { name } = options;
  const node = name === undefined ? graph.name(prefix) : requireName(name, 'processor');
  graph.processor(node, [parent], {
    type,
    supplier: graph.function(node, 'supplier', supplier),
    reads: readsOf(graph, options),
  } satisfies ProcessorOperation);
  return node;
}

/** Names of connected stores. Throws MR_TOPOLOGY_STORE_UNKNOWN for one that was not added. */
export function readsOf(graph: Graph, { stores = [] }: ProcessOptions): string[] {
  return stores.map((store) => graph.requireStore(typeof store === 'string' ? store : store.name));
}

interface GlobalProcessor {
  readonly store: StoreBuilder<unknown>;
  readonly topic: string;
  readonly source: string;
  readonly name: string;
  readonly supplier: AnyFunction;
}

/** Adds the processor that fills a global store behind its source. */
export function addGlobalProcessor(graph: Graph, { store, topic, source, name, supplier }: GlobalProcessor): void {
  graph.store({ ...store.spec(graph), logging: false, caching: false, sourceTopic: topic });
  graph.processor(name, [source], {
    type: 'process',
    supplier: graph.function(name, 'supplier', supplier),
    reads: [store.name],
  });
}
