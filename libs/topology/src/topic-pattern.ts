/**
 * Sources that read all topics whose names match (JVM: a Pattern). A topology as it is built has their patterns and none of their topics; which ones
 * there are is found out at start and again and again afterwards, and everything that needs topics takes the topology with them filled in.
 */
import { millraceError } from '@millrace/base';
import { internalTopicName } from './names.ts';
import type { SourceNode, TopicPattern, Topology } from './topology.ts';

/** The pattern of a regular expression; flags that say how to search in a text fall away. */
export function topicPattern({ source, flags }: RegExp): TopicPattern {
  return { source, flags: flags.replace(/[dgmy]/g, '') };
}

/** Whether the whole name matches. */
export function matchesTopic({ source, flags }: TopicPattern, topic: string): boolean {
  return new RegExp(`^(?:${source})$`, flags).test(topic);
}

/** As it is written in code; no topic has such a name. */
export function patternText({ source, flags }: TopicPattern): string {
  return `/${source}/${flags}`;
}

/** The patterns of a topology, in the order of building. */
export function topicPatterns({ nodes }: Pick<Topology, 'nodes'>): readonly TopicPattern[] {
  return nodes.flatMap((node) => (node.kind === 'source' && node.pattern !== undefined ? [node.pattern] : []));
}

/** Names that a topology would read by pattern. The application's internal topics are never among them: it would read what it writes for itself. */
export function matchingTopics(topology: Topology, names: readonly string[], applicationId: string): readonly string[] {
  const patterns = topicPatterns(topology);
  const own = new Set(topology.repartitionTopics.map(({ name }) => internalTopicName(applicationId, name)));
  const isInternal = (name: string): boolean =>
    own.has(name) || (name.startsWith(`${applicationId}-`) && /-(changelog|repartition)$/.test(name));
  return names.filter((name) => !isInternal(name) && patterns.some((pattern) => matchesTopic(pattern, name))).sort();
}

/**
 * The topology with the topics of its patterns. Throws MR_TOPOLOGY_PATTERN_OVERLAP for a topic that two patterns match, or a pattern and another source
 * (JVM).
 */
export function withMatchedTopics(topology: Topology, names: readonly string[]): Topology {
  const readers = new Map<string, string>();
  const claim = (topic: string, reader: string): string => {
    const other = readers.get(topic);
    if (other !== undefined) throw millraceError('MR_TOPOLOGY_PATTERN_OVERLAP', { topic, pattern: reader, other });
    readers.set(topic, reader);
    return topic;
  };
  const matched = (node: SourceNode): SourceNode => {
    const { pattern } = node;
    if (pattern === undefined) return node;
    const topics = names.filter((name) => matchesTopic(pattern, name));
    return { ...node, topics: topics.map((topic) => claim(topic, patternText(pattern))) };
  };
  return { ...topology, nodes: topology.nodes.map((node) => (node.kind === 'source' ? matched(node) : node)) };
}
