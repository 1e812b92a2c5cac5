/** Sources of a topology that read the same topics. */
import { millraceError } from '@millrace/base';
import { matchesTopic, patternText, type SourceNode, type TopologyNode } from '@millrace/topology';
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
    requireNoOverlap(node, readers.values());
    for (const topic of new Set(topicsOf(node))) {
      const first = readers.get(topic);
      if (first === undefined) readers.set(topic, node);
      else if (isStream(node.name) && isStream(first.name) && canShare(first, node)) rename.set(node.name, first.name);
      else throw millraceError('MR_TOPOLOGY_TOPIC_TWICE', { topic });
    }
  }
  if (rename.size === 0) return { nodes, rename };
  return { nodes: renamedParents(nodes, rename).filter(({ name }) => !rename.has(name)), rename };
}

/** Patterns stand for themselves; two of a topology of processors are left to what they match (JVM). */
function topicsOf({ pattern, topics }: SourceNode): readonly string[] {
  return pattern === undefined ? topics : [patternText(pattern)];
}

/**
 * Throws MR_TOPOLOGY_PATTERN_OVERLAP for a pattern that matches a topic of another source. Two patterns may overlap as long as no topic matches both; a
 * pattern may take in the topic of a global table that was there before (JVM).
 */
function requireNoOverlap(node: SourceNode, others: Iterable<SourceNode>): void {
  for (const other of others) {
    const [by, named] = node.pattern === undefined ? [other, node] : [node, other];
    if (by.pattern === undefined || (named === other && named.global === true)) continue;
    for (const topic of named.topics)
      if (matchesTopic(by.pattern, topic))
        throw millraceError('MR_TOPOLOGY_PATTERN_OVERLAP', {
          topic,
          pattern: patternText(by.pattern),
          other: named.name,
        });
  }
}

function canShare(a: SourceNode, b: SourceNode): boolean {
  const topics = new Set(topicsOf(a));
  const isSame = topics.size === new Set(topicsOf(b)).size && topicsOf(b).every((topic) => topics.has(topic));
  return isSame && JSON.stringify(a.offsetReset) === JSON.stringify(b.offsetReset);
}
