import { InsertionTree } from './insertion-tree.ts';
import { javaHashOrder } from '@millrace/base';
import { globalSubtopologies, storesOf, subtopologies, type Subtopology } from './subtopologies.ts';
import type { SinkNode, SourceNode, Topology, TopologyNode } from './topology.ts';

/** The text of Kafka Streams' `Topology#describe`, byte for byte; repartition topics stand without application id, as there. */
export function describe(topology: Topology): string {
  const texts = [
    ...subtopologies(topology).map((part) => ({ id: part.id, text: `${subtopologyText(part, '')}\n` })),
    ...globalSubtopologies(topology).map((part) => ({ id: part.id, text: subtopologyText(part, globalMark) })),
  ];
  texts.sort((a, b) => a.id - b.id);
  return `Topologies:\n ${texts.map(({ text }) => text).join('')}`;
}

const globalMark = ' for global store (will not generate tasks)';

/** A node as it is described. */
interface Described {
  readonly node: TopologyNode;
  /** How many nodes hang below it, counted along every path. */
  size: number;
  readonly successors: InsertionTree<Described>;
  readonly predecessors: InsertionTree<Described>;
}

function subtopologyText(part: Subtopology, mark: string): string {
  const ordered = connected(part.nodes).sort(compare);
  return `  Sub-topology: ${part.id}${mark}\n${ordered.map(nodeText).join('')}`;
}

/**
 * Connects nodes one after the other in the order of the JVM's hash map. Each edge adds the child's size at that moment to every ancestor along every
 * path, and neighbours are sorted by the sizes of the moment they are added: the text depends on both.
 */
function connected(nodes: readonly TopologyNode[]): Described[] {
  const described = new Map(
    nodes.map((node): [string, Described] => [
      node.name,
      { node, size: 1, successors: new InsertionTree(compare), predecessors: new InsertionTree(compare) },
    ]),
  );
  const grow = (one: Described, size: number): void => {
    one.size += size;
    for (const up of one.predecessors.items()) grow(up, size);
  };
  for (const name of javaHashOrder([...described.keys()])) {
    const child = described.get(name) as Described;
    if (child.node.kind === 'source') continue;
    for (const parentName of child.node.parents) {
      const parent = described.get(parentName);
      if (parent === undefined) continue;
      child.predecessors.add(parent);
      parent.successors.add(child);
      grow(parent, child.size);
    }
  }
  return [...described.values()];
}

function compare(a: Described, b: Described): number {
  if (a === b) return 0;
  return b.size - a.size || (a.node.name < b.node.name ? -1 : 1);
}

function nodeText({ node, successors, predecessors }: Described): string {
  const after = `      --> ${namesOf(successors)}\n`;
  if (node.kind === 'source') return `    Source: ${node.name} (topics: ${topicsText(node)})\n${after}`;
  const before = `      <-- ${namesOf(predecessors)}\n`;
  if (node.kind === 'sink') return `    Sink: ${node.name} (${destinationText(node)})\n${before}`;
  const stores = javaHashOrder(storesOf(node)).join(', ');
  return `    Processor: ${node.name} (stores: [${stores}])\n${after}${before}`;
}

function topicsText({ pattern, topics }: SourceNode): string {
  return pattern?.source ?? `[${javaHashOrder(topics).join(', ')}]`;
}

function namesOf(tree: InsertionTree<Described>): string {
  const neighbours = tree.items();
  return neighbours.length === 0 ? 'none' : neighbours.map(({ node }) => node.name).join(', ');
}

function destinationText({ topic, topicExtractor }: SinkNode): string {
  return topicExtractor === undefined ? `topic: ${topic}` : `extractor class: ${topicExtractor.name}`;
}
