/** The topics of a cluster under test. */
import { internalTopics, type InternalTopic, type Topology } from '@millrace/topology';

/** What an application reads and writes, by full names. */
export interface ClusterTopics {
  /** Topics of users that must be there first. */
  readonly users: readonly string[];
  /** What the group reads to the end; not the topics of global tables. */
  readonly inputs: readonly string[];
  /** All that is known before the application runs. */
  readonly all: readonly string[];
}

export function clusterTopics(topology: Topology, applicationId: string, partitions: number): ClusterTopics {
  const sources = topology.nodes.filter((node) => node.kind === 'source' && !node.internal);
  const read = sources.flatMap((node) => (node.kind === 'source' ? node.topics : []));
  const globals = sources.flatMap((node) => (node.kind === 'source' && node.global === true ? node.topics : []));
  const written = topology.nodes.flatMap((node) => (node.kind === 'sink' && !node.internal ? [node.topic] : []));
  const sourcePartitions = new Map(read.map((topic) => [topic, partitions]));
  const internal = internalTopics(topology, { applicationId, sourcePartitions }).topics;
  const nameOf = ({ name }: InternalTopic): string => name;
  const repartition = internal.filter(({ kind }) => kind === 'repartition').map(nameOf);
  const users = [...new Set([...read, ...written])];
  return {
    users,
    inputs: [...read.filter((topic) => !globals.includes(topic)), ...repartition],
    all: [...users, ...internal.map(nameOf)],
  };
}
