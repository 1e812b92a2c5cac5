/** Which tables know the history of their rows (KIP-914): those in versioned stores, and those computed from such and kept nowhere. */
import type { Operation } from './operation.ts';
import type { StoreSpec, TopologyNode } from './topology.ts';

/** As far as it is needed here: a topology, or a part of one. */
export interface TableNodes {
  readonly nodes: readonly TopologyNode[];
  readonly stores: readonly StoreSpec[];
}

/** Whether the changes of a table say which of them are late; then what follows leaves late ones out. */
export function hasVersionedChanges(part: TableNodes, name: string): boolean {
  return isVersioned(part, name, true);
}

/** Whether rows of a table can be read as they were at a time. Joins of tables are not, whatever they join (JVM). */
export function hasVersionedRows(part: TableNodes, name: string): boolean {
  return isVersioned(part, name, false);
}

function isVersioned(part: TableNodes, name: string, throughJoins: boolean): boolean {
  const node = part.nodes.find((one) => one.name === name);
  if (node?.kind !== 'processor') return false;
  const { operation, parents } = node;
  if ('store' in operation && operation.store !== null)
    return part.stores.some(({ name: store, kind }) => store === operation.store && kind === 'versioned');
  const isPassed = computed.has(operation.type) || (throughJoins && joins.has(operation.type));
  return isPassed && parents.every((parent) => isVersioned(part, parent, throughJoins));
}

const computed: ReadonlySet<Operation['type']> = new Set(['tableFilter', 'tableMapValues', 'tableTransformValues']);
const joins: ReadonlySet<Operation['type']> = new Set(['tableJoin', 'tableJoinMerge']);
