import { globalSubtopologies, type Subtopology, type Topology } from '@millrace/topology';

/** All sub-topologies as one, but those of global stores: what the JVM's test driver runs. */
export function wholeSubtopology(topology: Topology): Subtopology {
  const globals = globalSubtopologies(topology);
  const nodes = topology.nodes.filter((node) => !globals.some((part) => part.nodes.includes(node)));
  const stores = topology.stores.filter((store) => !globals.some((part) => part.stores.includes(store)));
  const sources = nodes.filter((node) => node.kind === 'source');
  const sinks = nodes.filter((node) => node.kind === 'sink');
  return {
    id: 0,
    nodes,
    stores,
    sourceTopics: unique(sources.filter(({ internal }) => !internal).flatMap(({ topics }) => topics)),
    repartitionSources: unique(sources.filter(({ internal }) => internal).flatMap(({ topics }) => topics)),
    repartitionSinks: unique(sinks.filter(({ internal }) => internal).map(({ topic }) => topic)),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
