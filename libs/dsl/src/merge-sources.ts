/** Sources of a topology that read the same topics. */
import { millraceError } from '@millrace/base';
import type { SourceNode, TopologyNode } from '@millrace/topology';
import { renamedParents } from './node-graph.ts';

/**
 * Streams of the same topics share one source, the first; topics that overlap only in part, and topics that a table or another source reads too,
 * are refused. `isStream` tells the sources of streams from others. `rename` gives the source that stands for one that is gone.
 */
export function mergeSources(
  nodes: readonly TopologyNode[],
  isStream: (source: string) => boolean,
): { readonly nodes: readonly TopologyNode[]; readonly rename: ReadonlyMap<string, string> } {
  const readers = new Map<string, SourceNode>();
  const rename = new Map<string, string>();
  for (const node of nodes) {
    if (node.kind !== 'source' || node.internal) continue;
    for (const topic of new Set(node.topics)) {
      const first = readers.get(topic);
      if (first === undefined) readers.set(topic, node);
      else if (isStream(node.name) && isStream(first.name) && canShare(first, node)) rename.set(node.name, first.name);
      else throw millraceError('MR_TOPOLOGY_TOPIC_TWICE', { topic });
    }
  }
  if (rename.size === 0) return { nodes, rename };
  return { nodes: renamedParents(nodes, rename).filter(({ name }) => !rename.has(name)), rename };
}

function canShare(a: SourceNode, b: SourceNode): boolean {
  const topics = new Set(a.topics);
  const isSame = topics.size === new Set(b.topics).size && b.topics.every((topic) => topics.has(topic));
  return isSame && JSON.stringify(a.offsetReset) === JSON.stringify(b.offsetReset);
}
