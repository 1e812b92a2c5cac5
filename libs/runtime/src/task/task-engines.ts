/** The engines of a task: one of its own, the same made so that it can be walked at once, and one in memory. */
import type { StateEngine } from '@millrace/ports';
import { residentEngine } from '@millrace/state';
import type { Subtopology } from '@millrace/topology';
import { scannedStores } from '../compile/processor-node.ts';
import { taskIdText } from './stream-task.ts';
import type { TaskOptions } from './task-options.ts';

export interface TaskEngines {
  readonly engine: StateEngine;
  readonly scanEngine: StateEngine;
  readonly memoryEngine: StateEngine;
}

export async function openEngines(options: TaskOptions): Promise<TaskEngines> {
  const { id, engines, engineName = taskIdText(id), subtopology, memoryEngine, keptInMemory } = options;
  const engine = await engines.open(engineName);
  try {
    const scanEngine = await scanned(engine, subtopology, memoryEngine);
    return { engine, scanEngine, memoryEngine: keptInMemory?.() ?? memoryEngine?.() ?? engine };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Stores that are walked at once are in memory whole where the disk cannot be walked at once. */
async function scanned(
  engine: StateEngine,
  subtopology: Subtopology,
  memoryEngine: TaskOptions['memoryEngine'],
): Promise<StateEngine> {
  const used = scannedStores(subtopology);
  const ids = subtopology.stores.flatMap(({ name }, index) => (used.includes(name) ? [index + 1] : []));
  if (ids.length === 0 || engine.scanSync !== undefined || memoryEngine === undefined) return engine;
  return residentEngine(engine, memoryEngine(), ids);
}
