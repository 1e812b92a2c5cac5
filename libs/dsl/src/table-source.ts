import type { StoreSpec } from '@millrace/topology';
import type { Graph } from './graph.ts';
import { sourceTable } from './table-backing.ts';

/** Makes a stream a table. It is kept when the user has named its store, or when what follows needs it. */
export function addTableSource(graph: Graph, name: string, parent: string, spec: StoreSpec, isNamed: boolean): void {
  const backing = graph.table(name, sourceTable(spec.name, isNamed));
  graph.storeIfNeeded(spec, () => backing.store !== null);
  graph.processor(name, [parent], () => ({ type: 'tableSource', store: backing.store }));
}
