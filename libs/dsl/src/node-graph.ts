import type { TopologyNode } from '@millrace/topology';

/** Nodes with other names for their parents. */
export function renamedParents(
  nodes: readonly TopologyNode[],
  rename: ReadonlyMap<string, string>,
): readonly TopologyNode[] {
  return nodes.map((node) => (node.kind === 'source' ? node : withParents(node, node.parents, rename)));
}

function withParents<N extends TopologyNode>(
  node: N,
  parents: readonly string[],
  rename: ReadonlyMap<string, string>,
): N {
  if (!parents.some((parent) => rename.has(parent))) return node;
  return { ...node, parents: [...new Set(parents.map((parent) => rename.get(parent) ?? parent))] };
}
