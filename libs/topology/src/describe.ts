import { storeOf, subtopologies, type Subtopology } from './subtopologies.ts';
import type { Topology, TopologyNode } from './topology.ts';

/** The text of Kafka Streams' `Topology#describe`, byte for byte; repartition topics stand without application id, as there. */
export function describe(topology: Topology): string {
  return `Topologies:\n ${subtopologies(topology).map(subtopologyText).join('')}`;
}

function subtopologyText(part: Subtopology): string {
  const children = new Map(part.nodes.map(({ name }) => [name, [] as string[]]));
  for (const node of part.nodes)
    if (node.kind !== 'source') for (const parent of node.parents) children.get(parent)?.push(node.name);
  const sizes = subtreeSizes(part.nodes);
  const ordered = [...part.nodes].sort(
    (a, b) => (sizes.get(b.name) ?? 0) - (sizes.get(a.name) ?? 0) || (a.name < b.name ? -1 : 1),
  );
  return `  Sub-topology: ${part.id}\n${ordered.map((node) => nodeText(node, children.get(node.name) ?? [])).join('')}\n`;
}

/** Each new edge adds the child's size at that moment to every ancestor along every path, as the JVM counts. */
function subtreeSizes(nodes: readonly TopologyNode[]): Map<string, number> {
  const sizes = new Map(nodes.map(({ name }) => [name, 1]));
  const parentsOf = new Map(nodes.map((node) => [node.name, node.kind === 'source' ? [] : node.parents]));
  const add = (name: string, size: number): void => {
    sizes.set(name, (sizes.get(name) ?? 1) + size);
    for (const up of parentsOf.get(name) ?? []) add(up, size);
  };
  for (const node of nodes) for (const parent of parentsOf.get(node.name) ?? []) add(parent, sizes.get(node.name) ?? 1);
  return sizes;
}

function nodeText(node: TopologyNode, children: readonly string[]): string {
  const successors = `      --> ${children.length === 0 ? 'none' : [...children].sort().join(', ')}\n`;
  if (node.kind === 'source') return `    Source: ${node.name} (topics: [${node.topics.join(', ')}])\n${successors}`;
  const predecessors = `      <-- ${node.parents.length === 0 ? 'none' : [...node.parents].sort().join(', ')}\n`;
  if (node.kind === 'sink') return `    Sink: ${node.name} (topic: ${node.topic})\n${predecessors}`;
  return `    Processor: ${node.name} (stores: [${storeOf(node) ?? ''}])\n${successors}${predecessors}`;
}
