/** What a task gives its compiled topology. */
import type { Interlude, OperatorMetrics } from '@millrace/operators';
import type { StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import type { RecordContext, StateMemory, StateStore } from '@millrace/state';
import type { AsyncEnvironment } from '../async/async-node.ts';
import type { OnProductionError } from './sink-node.ts';
import type { OnProcessingError } from './guarded-node.ts';
import type { ProcessorEnvironment } from './processor-context.ts';
import type { DefaultTimestampExtractor } from '../task/timestamp-extractor.ts';
import type { RecordCollector } from '../task/stream-task.ts';

export interface CompileEnvironment {
  readonly applicationId: string;
  readonly partition: number;
  readonly engine: StateEngine;
  /** The same for stores that processors use: it can be scanned at once. */
  readonly scanEngine: StateEngine;
  /** For stores that are not persistent. */
  readonly memoryEngine: StateEngine;
  readonly collector: RecordCollector;
  readonly context: RecordContext;
  readonly metrics: OperatorMetrics;
  readonly defaultKeySerde: Serde<unknown> | undefined;
  readonly defaultValueSerde: Serde<unknown> | undefined;
  readonly memory: StateMemory;
  /** The version that some instances of the application may still have (JVM: upgrade.from); undefined: none. */
  readonly upgradeFrom?: string | undefined;
  /** For sources that do not say it themselves. @default 'failOnInvalidTimestamp' */
  readonly defaultTimestampExtractor?: DefaultTimestampExtractor | undefined;
  /** How often final results are looked for, ms. */
  readonly emitIntervalMs: number;
  /** How often outer joins look for windows that have closed, ms. */
  readonly joinEmitIntervalMs: number;
  /** Global stores by name. */
  readonly globals: ReadonlyMap<string, StateStore>;
  /** Monotonic time of the slice that is being processed. */
  readonly now: () => number;
  /** ms since 1970 */
  readonly wallClock: () => number;
  /** Undefined: a failing node stops the task. */
  readonly onProcessingError?: OnProcessingError | undefined;
  /** A result cannot be written. Throws unless it is to be dropped. */
  readonly onProductionError: OnProductionError;
  /** What processors may ask. */
  readonly processors: ProcessorEnvironment;
  /** What asynchronous steps need. */
  readonly async: AsyncEnvironment;
  /** Asks for work before the next record. */
  readonly interlude: (work: Interlude) => void;
}

/** Whether instances of an older version are about: before 3.5 no record carried an old and a new value, before 3.4 no subscription a partition. */
export function isBefore(version: string | undefined, major: number, minor: number): boolean {
  if (version === undefined) return false;
  const [ofVersion = 0, ofMinor = 0] = version.split('.').map(Number);
  return ofVersion < major || (ofVersion === major && ofMinor < minor);
}
