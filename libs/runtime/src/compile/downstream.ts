/** What lies behind a node of a sub-topology. */
import { storesOf, type Operation, type ProcessorNode, type StoreSpec, type Subtopology } from '@millrace/topology';

/** Steps behind which a record has the key it had before. */
const keepsKeys: ReadonlySet<Operation['type']> = new Set([
  'filter',
  'mapValues',
  'flatMapValues',
  'peek',
  'merge',
] as const);

/**
 * The first stores behind a node that its records meet under the keys and times they came with. What gives them other keys sends them through a
 * topic before they come to a store.
 */
export function firstStores(part: Subtopology, name: string): readonly StoreSpec[] {
  return childrenOf(part, name).flatMap((node) => {
    const { name: child, operation } = node;
    if (keepsKeys.has(operation.type)) return firstStores(part, child);
    const used = storesOf(node);
    return part.stores.filter((spec) => used.includes(spec.name));
  });
}

/** Whether somebody behind a table looks at the values before a change. What keeps its own rows knows them itself. */
export function needsOldValues(part: Subtopology, name: string): boolean {
  return childrenOf(part, name).some(({ operation }) => {
    if (operation.type === 'tableToStream') return false;
    if (operation.type === 'tableJoin') return operation.sendsOld || operation.join !== 'inner';
    return 'sendsOld' in operation ? operation.store === null && operation.sendsOld : true;
  });
}

/** Steps that hand on the record they were given: its headers are those of all who get it. */
const handsOn: ReadonlySet<Operation['type']> = new Set([
  'filter',
  'peek',
  'foreach',
  'merge',
  'branch',
  'repartitionFilter',
  'process',
  'processValues',
] as const);

/** Whether a node makes records whose headers somebody behind it may change: what it forwards next does not have those changes (JVM). */
export function ownsHeaders(part: Subtopology, name: string): boolean {
  const node = part.nodes.find((one) => one.name === name);
  return node?.kind === 'processor' && !handsOn.has(node.operation.type) && changesHeaders(part, name);
}

function changesHeaders(part: Subtopology, name: string): boolean {
  return childrenOf(part, name).some(
    ({ name: child, operation: { type } }) =>
      type === 'process' || type === 'processValues' || changesHeaders(part, child),
  );
}

function childrenOf({ nodes }: Subtopology, name: string): readonly ProcessorNode[] {
  return nodes.filter((node): node is ProcessorNode => node.kind === 'processor' && node.parents.includes(name));
}
