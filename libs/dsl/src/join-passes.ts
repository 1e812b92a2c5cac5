/** What the JVM settles when a topology with joins is built: null keys in front of joins, and joins of a stream with itself. */
import { storesOf, takesNullKeys, type ProcessorNode, type TopologyNode } from '@millrace/topology';

/**
 * Records without a key are dropped in front of a repartition topic, unless a join that takes them lies anywhere behind it, through other
 * topics too (KIP-962).
 */
export function keepNullKeys(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  if (!nodes.some((node) => node.kind === 'processor' && takesNullKeys(node.operation))) return nodes;
  const isKept = new Map<string, boolean>();
  const behind = (node: TopologyNode): readonly TopologyNode[] =>
    nodes.filter((next) =>
      next.kind === 'source'
        ? node.kind === 'sink' && node.internal && next.internal && next.topics.includes(node.topic)
        : next.parents.includes(node.name),
    );
  const reaches = (node: TopologyNode): boolean => {
    const known = isKept.get(node.name);
    if (known !== undefined) return known;
    const found = (node.kind === 'processor' && takesNullKeys(node.operation)) || behind(node).some(reaches);
    isKept.set(node.name, found);
    return found;
  };
  return nodes.map((node) =>
    node.kind === 'processor' && node.operation.type === 'repartitionFilter' && reaches(node)
      ? { ...node, operation: { ...node.operation, dropNullKeys: false } }
      : node,
  );
}

/** A stream that is joined with itself keeps its records once (topology.optimization: single.store.self.join). */
export function foldSelfJoins(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let kept = nodes;
  for (const merge of nodes) {
    const sides = merge.kind === 'processor' ? merge.parents.map((name) => byName.get(name)) : [];
    const [one, other] = sides as (ProcessorNode | undefined)[];
    if (one?.operation?.type !== 'streamJoin' || other?.operation?.type !== 'streamJoin') continue;
    const thisWindowed = byName.get(one.parents[0] ?? '') as ProcessorNode;
    const otherWindowed = byName.get(other.parents[0] ?? '') as ProcessorNode;
    if (otherWindowed.parents[0] !== thisWindowed.parents[0]) continue;
    const gone = new Set([one.name, other.name, otherWindowed.name]);
    const { windows, joiner } = one.operation;
    const self: ProcessorNode = {
      kind: 'processor',
      name: merge.name,
      parents: [thisWindowed.name],
      operation: { type: 'selfJoin', store: storesOf(thisWindowed)[0] ?? '', windows, joiner },
    };
    kept = kept.filter(({ name }) => !gone.has(name)).map((node) => (node === merge ? self : node));
  }
  return kept;
}
