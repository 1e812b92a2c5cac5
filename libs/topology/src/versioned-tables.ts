/** Which tables know the history of their rows (KIP-914): those in versioned stores, and those computed from such and kept nowhere. */
import type { Operation } from './operation.ts';
import type { StoreSpec, TopologyNode } from './topology.ts';

/** As far as it is needed here: a topology, or a part of one. */
export interface TableNodes {
  readonly nodes: readonly TopologyNode[];
  readonly stores: readonly StoreSpec[];
}

/**
 * Whether the table of a node knows the history of its rows: then they can be read as they were at a time, its changes say which of them are late, and what
 * follows leaves those out. A join of such tables is none (JVM).
 */
export function isVersionedTable(part: TableNodes, name: string): boolean {
  const node = part.nodes.find((one) => one.name === name);
  if (node?.kind !== 'processor') return false;
  const { operation, parents } = node;
  if ('store' in operation && operation.store !== null)
    return part.stores.some(({ name: store, kind }) => store === operation.store && kind === 'versioned');
  return computed.has(operation.type) && parents.every((parent) => isVersionedTable(part, parent));
}

const computed: ReadonlySet<Operation['type']> = new Set(['tableFilter', 'tableMapValues', 'tableTransformValues']);
