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

function childrenOf({ nodes }: Subtopology, name: string): readonly ProcessorNode[] {
  return nodes.filter((node): node is ProcessorNode => node.kind === 'processor' && node.parents.includes(name));
}
