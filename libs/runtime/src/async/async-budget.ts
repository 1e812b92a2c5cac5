import { millraceError } from '@millrace/base';
import { longestCallMs, type Topology } from '@millrace/topology';

/**
 * A commit waits for the records in asynchronous steps. One that could be under way for longer than any commit waits would never get through: its work would
 * be taken back and begun again for ever. Throws MR_RUNTIME_ASYNC_BUDGET.
 */
export function requireAsyncBudget({ nodes }: Topology, drainMs: number): void {
  for (const node of nodes) {
    if (node.kind !== 'processor' || !('policy' in node.operation)) continue;
    const longestMs = longestCallMs(node.operation.policy);
    if (longestMs > drainMs) throw millraceError('MR_RUNTIME_ASYNC_BUDGET', { node: node.name, longestMs, drainMs });
  }
}
