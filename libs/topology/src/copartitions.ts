/** Topics whose partitions belong together: what is joined by key must be split alike. */
import { internalTopicName } from './names.ts';
import type { Topology } from './topology.ts';

/**
 * Groups of source topics that must have the same number of partitions, repartition topics without application id; groups that share a
 * topic are one. A group of a single topic stands for a stream that is joined with itself.
 */
export function copartitions({ nodes, copartitions: joined = [] }: Topology): readonly ReadonlySet<string>[] {
  const topicsOf = new Map(
    nodes.flatMap((node) => (node.kind === 'source' ? [[node.name, node.topics] as const] : [])),
  );
  let groups: ReadonlySet<string>[] = [];
  for (const sources of joined) {
    const topics = new Set(sources.flatMap((source) => topicsOf.get(source) ?? []));
    const touching = groups.filter((group) => [...group].some((topic) => topics.has(topic)));
    groups = groups.filter((group) => !touching.includes(group));
    groups.push(new Set([...touching.flatMap((group) => [...group]), ...topics]));
  }
  return groups;
}

/** The same with the names that the topics have in Kafka. */
export function copartitionTopics(topology: Topology, applicationId: string): readonly (readonly string[])[] {
  const repartition = new Set(topology.repartitionTopics.map(({ name }) => name));
  return copartitions(topology).map((group) =>
    [...group].map((topic) => (repartition.has(topic) ? internalTopicName(applicationId, topic) : topic)).sort(),
  );
}
