/** A disk under a process that may crash: what is open is shut without a word to its owner, which can write nothing any more. */
import type { StateEngine, StateEngines } from '@millrace/ports';

export interface CrashEngines {
  readonly engines: StateEngines;
  crash(): Promise<void>;
}

export function crashEngines(disk: StateEngines): CrashEngines {
  const open = new Set<StateEngine>();
  return {
    engines: {
      ...disk,
      open: async (name) => {
        const engine = await disk.open(name);
        open.add(engine);
        return engine;
      },
    },
    crash: async () => {
      for (const engine of open) await engine.close();
      open.clear();
    },
  };
}
