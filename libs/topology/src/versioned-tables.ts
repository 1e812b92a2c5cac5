/** Which tables know the history of their rows (KIP-914): those in versioned stores, and those computed from such and kept nowhere. */
import type { Operation } from './operation.ts';
import type { StoreSpec, TopologyNode } from './topology.ts';

/** As far as it is needed here: a topology, or a part of one. */
export interface TableNodes {
  readonly nodes: readonly TopologyNode[];
  readonly stores: readonly StoreSpec[];
}

/**
 * Whether changes of the table of a node say which of them are late, so that what follows leaves those out. A join of such tables says it not (JVM), nor does a
 * table computed with `Materialized` that names no store: its rows are kept nowhere, and yet it counts as one without versions.
 */
export function isVersionedTable(part: TableNodes, name: string): boolean {
  return follows(part, name, (operation) => operation.forgetsVersions !== true);
}

/** Whether rows of the table of a node can be read as they were at a time. */
export function readsVersions(part: TableNodes, name: string): boolean {
  return follows(part, name, () => true);
}

type Computed = Extract<Operation, { readonly type: 'tableFilter' | 'tableMapValues' | 'tableTransformValues' }>;

/** Goes from a table that is kept nowhere to those before it. */
function follows(part: TableNodes, name: string, isFollowed: (operation: Computed) => boolean): boolean {
  const node = part.nodes.find((one) => one.name === name);
  if (node?.kind !== 'processor') return false;
  const { operation, parents } = node;
  if ('store' in operation && operation.store !== null)
    return part.stores.some(({ name: store, kind }) => store === operation.store && kind === 'versioned');
  return isComputed(operation) && isFollowed(operation) && parents.every((parent) => follows(part, parent, isFollowed));
}

const computed: ReadonlySet<Operation['type']> = new Set(['tableFilter', 'tableMapValues', 'tableTransformValues']);

function isComputed(operation: Operation): operation is Computed {
  return computed.has(operation.type);
}
