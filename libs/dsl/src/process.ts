/** Processors in a topology of streams. */
import { millraceError } from '@millrace/base';
import { requireName, type ProcessorOperation } from '@millrace/topology';
import { isStoreBuilder, refuseArgument, requireFunction, requireOptions, requireStoreBuilder } from './argument.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { ProcessOptions } from './options.ts';
import type { StoreBuilder } from './stores.ts';

interface ProcessStep {
  readonly type: 'process' | 'processValues';
  readonly prefix: string;
  readonly parent: string;
  readonly supplier: AnyFunction;
  readonly options: ProcessOptions;
}

/** Adds a processor; gives its node. A name of the user takes no index, as in the JVM library. */
export function addProcess(graph: Graph, { type, prefix, parent, supplier, options }: ProcessStep): string {
  requireOptions(prefix, options);
  const { name } = options;
  const node = name === undefined ? graph.name(prefix) : requireName(name, 'processor');
  graph.processor(node, [parent], {
    type,
    supplier: graph.function(node, 'supplier', requireSupplier(node, supplier)),
    reads: readsOf(graph, options),
  } satisfies ProcessorOperation);
  return node;
}

/**
 * Asks it twice: tasks that share one processor would share its state. Throws MR_TOPOLOGY_SUPPLIER for one that gives the same again, or no processor.
 */
export function requireSupplier(node: string, supplier: AnyFunction, method = 'process'): AnyFunction {
  const ask = requireFunction(node, 'supplier', supplier, false) as () => unknown;
  const [first, second] = [ask(), ask()];
  if (typeof (first as Record<string, unknown> | null | undefined)?.[method] !== 'function')
    throw millraceError('MR_TOPOLOGY_SUPPLIER', { node, problem: `it gives nothing that has ${method}()` });
  if (first === second)
    throw millraceError('MR_TOPOLOGY_SUPPLIER', { node, problem: 'it gives the same object again' });
  return supplier;
}

/**
 * Names of connected stores. One that is given as it was declared is added here if nobody has (JVM: ConnectedStoreProvider). Throws
 * MR_TOPOLOGY_STORE_UNKNOWN for a name that was not added.
 */
export function readsOf(graph: Graph, { stores = [] }: ProcessOptions): string[] {
  if (!Array.isArray(stores)) refuseArgument('the options of a processor', 'stores', 'a list', stores);
  return stores.map((store: NonNullable<ProcessOptions['stores']>[number]) => {
    if (isStoreBuilder(store) && !graph.isGlobal((store as StoreBuilder<unknown>).name))
      graph.stateStore(store as StoreBuilder<unknown>);
    return graph.requireOwnStore(typeof store === 'string' ? store : store?.name);
  });
}

interface GlobalProcessor {
  readonly store: StoreBuilder<unknown>;
  readonly topic: string;
  readonly source: string;
  readonly name: string;
  readonly supplier: AnyFunction;
}

/** Adds the processor that fills a global store behind its source. */
export function addGlobalProcessor(graph: Graph, { store, topic, source, name, supplier }: GlobalProcessor): void {
  requireStoreBuilder(store);
  graph.store({ ...store.spec(graph), logging: false, caching: false, sourceTopic: topic }, true);
  graph.processor(name, [source], {
    type: 'process',
    supplier: graph.function(name, 'supplier', requireSupplier(name, supplier)),
    reads: [store.name],
  });
}
