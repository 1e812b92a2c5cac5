/** Topics whose partitions belong together: what is joined by key must be split alike. */
import { javaHashOrder } from './java-hash-order.ts';
import { internalTopicName } from './names.ts';
import type { Topology } from './topology.ts';

/**
 * Groups of source topics that must have the same number of partitions, repartition topics without application id; groups that share a
 * topic are one. A group of a single topic stands for a stream that is joined with itself.
 */
export function copartitions(topology: Topology): readonly ReadonlySet<string>[] {
  const topicsOf = sourceTopics(topology);
  let groups: ReadonlySet<string>[] = [];
  for (const sources of topology.copartitions ?? []) {
    const topics = new Set(sources.flatMap((source) => topicsOf.get(source) ?? []));
    const touching = groups.filter((group) => [...group].some((topic) => topics.has(topic)));
    groups = groups.filter((group) => !touching.includes(group));
    groups.push(new Set([...touching.flatMap((group) => [...group]), ...topics]));
  }
  return groups;
}

/** The same with the names that the topics have in Kafka. */
export function copartitionTopics(topology: Topology, applicationId: string): readonly (readonly string[])[] {
  const named = inKafka(topology, applicationId);
  return copartitions(topology).map((group) => [...group].map(named).sort());
}

/**
 * The groups as the JVM library tells them (`InternalTopologyBuilder.copartitionGroups`). A join adds its topics to the group of the first of them that is in
 * one, in the order of a HashSet: where two of them are in different groups, the two groups stay apart. To be compared with, not to go by.
 */
export function copartitionGroups(topology: Topology, applicationId: string): readonly (readonly string[])[] {
  const named = inKafka(topology, applicationId);
  const topicsOf = sourceTopics(topology);
  const groups = new Map<string, Set<string>>();
  for (const sources of topology.copartitions ?? []) {
    const topics = javaHashOrder(
      javaHashOrder(sources)
        .flatMap((source) => topicsOf.get(source) ?? [])
        .map(named),
    );
    const first = topics.find((topic) => groups.has(topic)) ?? '';
    const group = groups.get(first) ?? new Set();
    for (const topic of topics) groups.set(topic, group.add(topic));
  }
  const unique = new Map(
    [...groups.values()].map((group) => [...group].sort()).map((topics) => [topics.join(), topics]),
  );
  return [...unique.values()];
}

function sourceTopics({ nodes }: Topology): ReadonlyMap<string, readonly string[]> {
  return new Map(nodes.flatMap((node) => (node.kind === 'source' ? [[node.name, node.topics] as const] : [])));
}

function inKafka({ repartitionTopics }: Topology, applicationId: string): (topic: string) => string {
  const repartition = new Set(repartitionTopics.map(({ name }) => name));
  return (topic) => (repartition.has(topic) ? internalTopicName(applicationId, topic) : topic);
}
