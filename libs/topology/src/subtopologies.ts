import type { StoreSpec, Topology, TopologyNode } from './topology.ts';

/** A part of a topology that is connected within a process: its tasks run together, one for each partition. */
export interface Subtopology {
  readonly id: number;
  readonly nodes: readonly TopologyNode[];
  readonly stores: readonly StoreSpec[];
  /** User topics it reads. */
  readonly sourceTopics: readonly string[];
  /** Repartition topics it reads, without application id. */
  readonly repartitionSources: readonly string[];
  /** Repartition topics it writes, without application id. */
  readonly repartitionSinks: readonly string[];
}

/** The stores that a node uses: its own first, then those it reads. */
export function storesOf(node: TopologyNode): readonly string[] {
  if (node.kind !== 'processor') return [];
  const { operation } = node;
  const own = 'store' in operation && operation.store !== null ? [operation.store] : [];
  return 'reads' in operation ? [...new Set([...own, ...operation.reads])] : own;
}

/**
 * Splits at repartition topics: nodes belong together when one is the other's parent or they share a store. Numbered by first
 * appearance in the order of building, as the JVM numbers them (the task id's first part). What fills global stores takes a number and is left out.
 */
export function subtopologies(topology: Topology): readonly Subtopology[] {
  return allSubtopologies(topology).filter((part) => !isGlobal(part));
}

/** What fills the global stores: read whole by every instance, without tasks. */
export function globalSubtopologies(topology: Topology): readonly Subtopology[] {
  return allSubtopologies(topology).filter(isGlobal);
}

function isGlobal({ nodes }: Subtopology): boolean {
  return nodes.some((node) => node.kind === 'source' && node.global === true);
}

function allSubtopologies(topology: Topology): readonly Subtopology[] {
  const group = groupsOf(topology);
  const ids = new Map<string, number>();
  for (const { name } of topology.nodes) {
    const root = group(name);
    if (!ids.has(root)) ids.set(root, ids.size);
  }
  return [...ids].map(([root, id]) => {
    const nodes = topology.nodes.filter(({ name }) => group(name) === root);
    const storeNames = new Set(nodes.flatMap(storesOf));
    const sources = nodes.filter((node) => node.kind === 'source');
    const sinks = nodes.filter((node) => node.kind === 'sink');
    return {
      id,
      nodes,
      stores: topology.stores.filter(({ name }) => storeNames.has(name)),
      sourceTopics: unique(sources.filter(({ internal }) => !internal).flatMap(({ topics }) => topics)),
      repartitionSources: unique(sources.filter(({ internal }) => internal).flatMap(({ topics }) => topics)),
      repartitionSinks: unique(sinks.filter(({ internal }) => internal).map(({ topic }) => topic)),
    };
  });
}

/** Union-find over node names; gives a function from a node to the name that stands for its group. */
function groupsOf(topology: Topology): (name: string) => string {
  const parent = new Map(topology.nodes.map(({ name }) => [name, name]));
  const find = (name: string): string => {
    const up = parent.get(name) ?? name;
    return up === name ? name : find(up);
  };
  const users = new Map<string, string>();
  for (const node of topology.nodes) {
    if (node.kind !== 'source') for (const up of node.parents) parent.set(find(node.name), find(up));
    for (const store of storesOf(node)) {
      const first = users.get(store);
      if (first === undefined) users.set(store, node.name);
      else parent.set(find(node.name), find(first));
    }
  }
  return find;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
