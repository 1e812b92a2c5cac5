/** Closures of the steps of the Processor API, and the life of what their suppliers make: one of each for a task. */
import { MillraceError, millraceError } from '@millrace/base';
import type { StreamNode } from '@millrace/operators';
import type {
  FunctionRef,
  Processor,
  ProcessorOperation,
  Subtopology,
  TopologyNode,
  ValueTransformer,
} from '@millrace/topology';
import { NodeContext, type ProcessorEnvironment, type ProcessorPlace } from './processor-context.ts';

/** A processor of a task, from `init` to `close`. */
export interface LiveProcessor {
  init(): void;
  close(): void;
}

/** Where processors find what they need. */
export interface ProcessorScope {
  readonly environment: ProcessorEnvironment;
  find<F>(ref: FunctionRef): F;
  /** The children of a node by name, and all of them. */
  children(node: string): Pick<ProcessorPlace, 'all' | 'child'>;
  /** A store as processors see it; undefined when there is none that all may read. */
  store(name: string): unknown;
  globalStore(name: string): unknown;
}

/** Stores of a sub-topology that are walked in the middle of a record: those of processors, and those that say so. */
export function scannedStores({ nodes, stores }: Subtopology): readonly string[] {
  const said = stores.filter(({ scanned }) => scanned === true).map(({ name }) => name);
  const used = nodes.flatMap((node) => {
    if (node.kind !== 'processor') return [];
    const { operation } = node;
    return operation.type === 'process' ||
      operation.type === 'processValues' ||
      operation.type === 'tableTransformValues'
      ? operation.reads
      : [];
  });
  const versioned = new Set(stores.filter(({ kind }) => kind === 'versioned').map(({ name }) => name));
  // Rows with versions are read one by one, whoever reads them.
  return [...said, ...used].filter((name) => !versioned.has(name));
}

type AnyProcessor = Processor<unknown, unknown, unknown, unknown>;
type AnyTransformer = ValueTransformer<unknown, unknown, unknown>;

/** The new value of a row: called in the time of the row's change. */
export type Transform = (key: unknown, value: unknown, timestamp: number) => unknown;

export class TaskProcessors {
  readonly #scope: ProcessorScope;
  readonly #live = new Map<string, LiveProcessor[]>();

  constructor(scope: ProcessorScope) {
    this.#scope = scope;
  }

  /** A processor, or one with fixed keys: to the task they are alike. */
  stream(node: string, operation: ProcessorOperation): StreamNode {
    const processor = this.#scope.find<() => AnyProcessor>(operation.supplier)();
    const context = new NodeContext(this.#scope.environment, this.#place(node, operation));
    const process: AnyProcessor['process'] = (record) => processor.process(record);
    this.#add(node, { init: () => processor.init?.(context), close: () => processor.close?.() });
    return (key, value, timestamp) => context.run(process, key, value, timestamp);
  }

  /** A transformer of values. Each call makes another one, as each reader of a table that is not kept has its own in the JVM library. */
  transform(node: string, operation: ProcessorOperation): Transform {
    const { environment } = this.#scope;
    const transformer = this.#scope.find<() => AnyTransformer>(operation.supplier)();
    const context = new NodeContext(environment, this.#place(node, operation));
    this.#add(node, { init: () => transformer.init?.(context), close: () => transformer.close?.() });
    return (key, value, timestamp) => {
      const outer = environment.context.timestamp;
      environment.context.timestamp = timestamp;
      const transformed = transformer.transform(key, value) ?? null;
      environment.context.timestamp = outer;
      return transformed;
    };
  }

  /** All that were made, in the order of the nodes. */
  live(nodes: readonly TopologyNode[]): LiveProcessor[] {
    return nodes.flatMap(({ name }) => this.#live.get(name) ?? []);
  }

  #place(node: string, { type, reads }: ProcessorOperation): ProcessorPlace {
    const stores = new Map(reads.map((store) => [store, this.#scope.store(store)]));
    const children =
      type === 'tableTransformValues' ? { all: undefined, child: () => undefined } : this.#scope.children(node);
    return { node, ...children, store: (name) => stores.get(name) ?? this.#scope.globalStore(name) };
  }

  /** What begins or ends with an error says whose it is. */
  #add(node: string, { init, close }: LiveProcessor): void {
    const live = { init: () => told(node, 'init', init), close: () => told(node, 'close', close) };
    this.#live.set(node, [...(this.#live.get(node) ?? []), live]);
  }
}

function told(node: string, step: 'init' | 'close', run: () => void): void {
  try {
    run();
  } catch (cause) {
    if (MillraceError.is(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw millraceError('MR_RUNTIME_PROCESSOR', { node, step, problem }, cause);
  }
}
