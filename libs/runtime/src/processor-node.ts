/** Closures of the steps of the Processor API, and the life of what their suppliers make. */
import type { StreamNode } from '@millrace/operators';
import type { Processor, ProcessorOperation } from '@millrace/topology';
import { NodeContext, type ProcessorEnvironment, type ProcessorPlace } from './processor-context.ts';

/** A processor of a task, from `init` to `close`. */
export interface LiveProcessor {
  init(): void;
  close(): void;
}

export interface ProcessorNodeParts {
  readonly run: StreamNode;
  readonly live: LiveProcessor;
}

/** What the suppliers of both kinds of steps give, as the task sees it. */
type AnyProcessor = Processor<unknown, unknown, unknown, unknown>;

export function processorNode(
  supplier: () => AnyProcessor,
  environment: ProcessorEnvironment,
  place: ProcessorPlace,
): ProcessorNodeParts {
  const processor = supplier();
  const context = new NodeContext(environment, place);
  const process: AnyProcessor['process'] = (record) => processor.process(record);
  return {
    run: (key, value, timestamp) => context.run(process, key, value, timestamp),
    live: { init: () => processor.init?.(context), close: () => processor.close?.() },
  };
}

export type StreamProcessorOperation = Extract<ProcessorOperation, { readonly type: 'process' | 'processValues' }>;
