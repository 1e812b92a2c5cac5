/** Groups of topics that are joined, as the JVM library tells them: what it checks when an application starts. */
import { javaHashOrder } from '@millrace/base';
import { internalTopicName, type Topology } from '@millrace/topology';

/**
 * `InternalTopologyBuilder.copartitionGroups`: a join adds its topics to the group of the first of them that is in one, in the order of a HashSet. Where two of
 * them are in different groups, the two groups stay apart; Millrace takes them for one.
 */
export function copartitionGroups(topology: Topology, applicationId: string): readonly (readonly string[])[] {
  const topicsOf = new Map(
    topology.nodes.flatMap((node) => (node.kind === 'source' ? [[node.name, node.topics] as const] : [])),
  );
  const repartition = new Set(topology.repartitionTopics.map(({ name }) => name));
  const named = (topic: string): string => (repartition.has(topic) ? internalTopicName(applicationId, topic) : topic);
  const groups = new Map<string, Set<string>>();
  for (const sources of topology.copartitions ?? []) {
    const topics = javaHashOrder(
      javaHashOrder(sources)
        .flatMap((source) => topicsOf.get(source) ?? [])
        .map(named),
    );
    const group = groups.get(topics.find((topic) => groups.has(topic)) ?? '') ?? new Set();
    for (const topic of topics) groups.set(topic, group.add(topic));
  }
  const unique = new Map(
    [...groups.values()].map((group) => [...group].sort()).map((topics) => [topics.join(), topics]),
  );
  return [...unique.values()];
}
