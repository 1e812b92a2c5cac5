/** What fills the global stores of a topology, as one part: one task of a process runs it, beside the tasks of the group. */
import { globalSubtopologies, type StoreSpec, type Subtopology, type Topology } from '@millrace/topology';

/** Its number stands for none: it has no tasks of the group (JVM: task -1_-1). */
const noSubtopology = -1;

/** Undefined where there are no global stores. */
export function globalPart(topology: Topology): Subtopology | undefined {
  const parts = globalSubtopologies(topology);
  if (parts.length === 0) return undefined;
  const mayWalk = hasProcessors(topology);
  return {
    id: noSubtopology,
    nodes: parts.flatMap(({ nodes }) => nodes),
    stores: parts.flatMap(({ stores }) => stores).map((store) => (mayWalk ? walked(store) : store)),
    sourceTopics: globalTopics(topology),
    repartitionSources: [],
    repartitionSinks: [],
  };
}

/** Topics that every instance reads whole, without duplicates. */
export function globalTopics(topology: Topology): readonly string[] {
  return [...new Set(globalSubtopologies(topology).flatMap(({ sourceTopics }) => sourceTopics))];
}

/**
 * Topics that are restored byte by byte, as the rows of a table. What a processor of the user makes of a topic can only be had by running it again (JVM:
 * reprocessing since 4.0).
 */
export function tableTopics({ nodes }: Subtopology): ReadonlySet<string> {
  const tables = nodes.flatMap((node) =>
    node.kind === 'processor' && node.operation.type === 'tableSource' ? node.parents : [],
  );
  return new Set(nodes.flatMap((node) => (node.kind === 'source' && tables.includes(node.name) ? node.topics : [])));
}

/** What of the stores would not fit another topology: their numbers are part of their rows' keys. */
export function globalLayout({ stores }: Subtopology): string {
  return JSON.stringify(stores.map(({ name, kind, sourceTopic }) => [name, kind, sourceTopic]));
}

/** Processors find global stores without being connected with them. */
function hasProcessors({ nodes }: Topology): boolean {
  return nodes.some(
    (node) =>
      node.kind === 'processor' && ['process', 'processValues', 'tableTransformValues'].includes(node.operation.type),
  );
}

function walked(store: StoreSpec): StoreSpec {
  return { ...store, scanned: true };
}
