/** Makes tasks of a program: what of the configuration matters to a task is read here. */
import { invariant, type Logger } from '@millrace/base';
import type { StateMemory, StateStore } from '@millrace/state';
import type { Program, Subtopology } from '@millrace/topology';
import type { ApplicationPlan } from '../application/application-plan.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { enginesWith, type KeptEngines } from '../standby/kept-engines.ts';
import { createTask } from './task.ts';
import type { RecordCollector, StreamTask } from './stream-task.ts';
import type { TaskSlot } from '../thread/task-slot.ts';
import type { StreamsPorts } from '../application/streams-ports.ts';

/** What all tasks of a process share. */
export interface TaskSurroundings {
  readonly memory: StateMemory;
  /** Global stores by name. */
  readonly globals: ReadonlyMap<string, StateStore>;
}

/** Makes a task as the plan has its sub-topology at the moment; on the engines of a copy of it, where one was kept. */
export type TaskMaker = (
  slot: Pick<TaskSlot, 'id' | 'inputs' | 'metrics'>,
  plan: ApplicationPlan,
  collector: RecordCollector,
  logger: Logger,
  /** Called when something that the task waited for is there. */
  wake: () => void,
  /** Failures of the thread since its last commit. */
  failures: () => number,
  kept?: KeptEngines,
) => StreamTask;

export function taskFactory(
  program: Program,
  { engines, memoryEngine, registry, clock, random }: StreamsPorts,
  config: StreamsConfig,
  { memory, globals }: TaskSurroundings,
): TaskMaker {
  const { applicationId, defaultKeySerde, defaultValueSerde } = config;
  return ({ id, inputs, metrics }, plan, collector, logger, wake, failures, kept) => {
    const part = plan.subtopologies.find((one) => one.id === id.subtopology);
    invariant(part, 'a task belongs to a sub-topology of the plan');
    const subtopology = config.statestoreCacheMaxBytes === 0 ? uncached(part) : part;
    return createTask({
      id,
      program,
      subtopology,
      applicationId,
      appConfigs: { ...config },
      inputs,
      engines: kept === undefined ? engines : enginesWith(engines, kept),
      memoryEngine,
      keptInMemory: kept === undefined ? undefined : once(kept.memory),
      collector,
      registry,
      logger,
      metrics,
      clock,
      async: { random, wake, failures, drainMs: config.asyncDrainTimeoutMs },
      memory,
      globals,
      deserializationHandler: config.deserializationExceptionHandler,
      defaultTimestampExtractor: config.defaultTimestampExtractor,
      ...(config.upgradeFrom === null ? {} : { upgradeFrom: config.upgradeFrom }),
      processingHandler: config.processingExceptionHandler,
      productionHandler: config.productionExceptionHandler,
      deadLetters: plan.deadLetters,
      ...(defaultKeySerde === null ? {} : { defaultKeySerde }),
      ...(defaultValueSerde === null ? {} : { defaultValueSerde }),
    });
  };
}

/** Without room for caches every update is forwarded, as the JVM library does it. */
export function uncached(part: Subtopology): Subtopology {
  return { ...part, stores: part.stores.map((store) => ({ ...store, caching: false })) };
}

function once<T>(value: T | undefined): () => T | undefined {
  let left = value;
  return () => {
    const given = left;
    left = undefined;
    return given;
  };
}
