/** Puts the global stores of an application together from its ports. */
import { invariant, withFields, type MillraceError } from '@millrace/base';
import type { StateMemory } from '@millrace/state';
import type { Program } from '@millrace/topology';
import type { ApplicationPlan } from '../application/application-plan.ts';
import type { StateRestoreListener } from '../application/restore-listener.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { globalEngine, GlobalThread } from './global-thread.ts';
import type { RecordCollector } from '../task/stream-task.ts';
import { TaskMetrics } from '../task/task-metrics.ts';
import { createTask } from '../task/task.ts';
import type { StreamsPorts } from '../application/streams-ports.ts';

export interface GlobalSettings {
  readonly program: Program;
  readonly plan: ApplicationPlan;
  readonly ports: StreamsPorts;
  readonly config: StreamsConfig;
  readonly memory: StateMemory;
  readonly failed: (error: MillraceError) => void;
  readonly restoreListener?: StateRestoreListener | undefined;
}

/** What fills a global store forwards nothing. */
const nowhere: RecordCollector = {
  append: () => invariant(false, 'global stores are the end of their topology'),
  partitionCount: () => 0,
  endOffset: () => undefined,
};

/** Undefined where the topology has no global stores. */
export function assembleGlobals({
  program,
  plan,
  ports,
  config,
  memory,
  failed,
  restoreListener,
}: GlobalSettings): GlobalThread | undefined {
  if (plan.global === null) return undefined;
  const { client, engines, memoryEngine, registry, clock } = ports;
  const { applicationId, defaultKeySerde, defaultValueSerde, processingGuarantee } = config;
  const { part, inputs } = plan.global;
  const logger = withFields(ports.logger, { thread: 'global' });
  const metrics = new TaskMetrics();
  return new GlobalThread({
    client,
    engines,
    clock,
    logger,
    part,
    inputs,
    metrics,
    makeTask: (all) =>
      createTask({
        id: { subtopology: part.id, partition: -1 },
        program,
        subtopology: part,
        applicationId,
        appConfigs: { ...config },
        inputs: all,
        engines,
        engineName: globalEngine,
        memoryEngine,
        collector: nowhere,
        registry,
        logger,
        metrics,
        clock,
        memory,
        deserializationHandler: config.deserializationExceptionHandler,
        processingHandler: config.processingExceptionHandlerGlobalEnabled ? config.processingExceptionHandler : 'fail',
        isGlobal: true,
        defaultTimestampExtractor: config.defaultTimestampExtractor,
        ...(config.upgradeFrom === null ? {} : { upgradeFrom: config.upgradeFrom }),
        ...(defaultKeySerde === null ? {} : { defaultKeySerde }),
        ...(defaultValueSerde === null ? {} : { defaultValueSerde }),
      }),
    isolation: processingGuarantee === 'exactly_once_v2' ? 'read_committed' : 'read_uncommitted',
    pollMs: config.pollMs,
    flushIntervalMs: config.commitIntervalMs,
    uncommittedMaxBytes: config.statestoreUncommittedMaxBytes,
    failed,
    restoreListener,
  });
}
