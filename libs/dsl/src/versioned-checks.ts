/** What a topology must not ask of versioned tables, or of others in their place: looked at when it is built, as in the JVM library. */
import { millraceError } from '@millrace/base';
import { isVersionedTable, type StoreSpec, type TopologyNode } from '@millrace/topology';

export function checkVersioned(nodes: readonly TopologyNode[], stores: readonly StoreSpec[]): void {
  for (const node of nodes) {
    if (node.kind !== 'processor') continue;
    const { name, operation, parents } = node;
    if (operation.type === 'tableSuppress' && parents.every((parent) => isVersionedTable({ nodes, stores }, parent)))
      throw millraceError('MR_TOPOLOGY_SUPPRESS_VERSIONED', { node: parents[0] ?? name });
    if (operation.type !== 'streamTableJoin' || operation.grace === undefined) continue;
    const { table, reads, grace } = operation;
    if (!isVersionedTable({ nodes, stores }, table))
      throw millraceError('MR_TOPOLOGY_JOIN_GRACE', { table, problem: 'it keeps no versions' });
    for (const read of reads) if (read !== grace.buffer) checkGrace(table, grace.graceMs, stores, read);
  }
}

function checkGrace(table: string, graceMs: number, stores: readonly StoreSpec[], name: string): void {
  const history = stores.find((store) => store.name === name)?.history;
  if (history === undefined || graceMs <= history.historyMs) return;
  const problem = `a grace of ${graceMs} ms is more than its history of ${history.historyMs} ms`;
  throw millraceError('MR_TOPOLOGY_JOIN_GRACE', { table, problem });
}
