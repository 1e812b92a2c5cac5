/** What a task is made of: its part of the topology, its ports, and the settings that concern it. */
import { seededRandom, type Clock, type Logger, type Random } from '@millrace/base';
import type { StateEngine, StateEngines, TopicPartition } from '@millrace/ports';
import type { SchemaSource, Serde } from '@millrace/serde';
import type { StateMemory, StateStore } from '@millrace/state';
import type { Program, Subtopology } from '@millrace/topology';
import type { RecordCollector, TaskId } from './stream-task.ts';
import type { ExceptionHandlers } from './task-errors.ts';
import type { TaskMetrics } from './task-metrics.ts';
import type { DefaultTimestampExtractor } from './timestamp-extractor.ts';

/** What asynchronous steps of a task need beside the clock. */
export interface AsyncSettings {
  /** For jitter. */
  readonly random: Random;
  /** Called when a result can be delivered. */
  readonly wake: () => void;
  /** Failures of the thread since its last commit. */
  readonly failures: () => number;
  /** How long a commit waits for what is under way. */
  readonly drainMs: number;
}

/** Without settings a commit waits as long as it takes. */
export const patient: AsyncSettings = {
  random: seededRandom(0),
  wake: () => undefined,
  failures: () => 0,
  drainMs: Infinity,
};

/** What a task runs, and on what. */
export interface TaskOptions extends ExceptionHandlers {
  readonly id: TaskId;
  readonly program: Program;
  readonly subtopology: Subtopology;
  readonly applicationId: string;
  /** What processors see of the settings. @default none */
  readonly appConfigs?: Readonly<Record<string, unknown>>;
  readonly inputs: readonly TopicPartition[];
  readonly engines: StateEngines;
  /** Name of its engine. @default that of the task */
  readonly engineName?: string;
  /** See StreamsPorts. */
  readonly memoryEngine?: (() => StateEngine) | undefined;
  /** What a copy of the task has kept of its stores in memory; asked for at each opening, and undefined but for the first. */
  readonly keptInMemory?: (() => StateEngine | undefined) | undefined;
  readonly collector: RecordCollector;
  readonly registry: SchemaSource | undefined;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  readonly clock: Clock;
  /** For asynchronous steps; without it a commit waits for them as long as it takes. */
  readonly async?: AsyncSettings;
  /** Shared by the tasks of a process. */
  readonly memory: StateMemory;
  /** JVM: upgrade.from. */
  readonly upgradeFrom?: string;
  /** JVM: default.timestamp.extractor. @default 'failOnInvalidTimestamp' */
  readonly defaultTimestampExtractor?: DefaultTimestampExtractor;
  /** How often final results of windows are looked for. @default 1000 */
  readonly emitIntervalMs?: number;
  /** How often outer joins look for windows that have closed. @default 1000 */
  readonly joinEmitIntervalMs?: number;
  /** All heads of inputs are read when they come, so that a bad one fails then (JVM). @default false: where their order depends on it */
  readonly readsHeads?: boolean;
  /** Global stores by name. */
  readonly globals?: ReadonlyMap<string, StateStore>;
  readonly defaultKeySerde?: Serde<unknown>;
  readonly defaultValueSerde?: Serde<unknown>;
}
