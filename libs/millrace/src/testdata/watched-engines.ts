import type { StateEngines } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';

/** Engines that remember which stores were opened and closed, in order: `+0_1`, `-0_1`. A store that stays open was never stopped. */
export class WatchedEngines {
  readonly engines: StateEngines;
  readonly #events: string[] = [];

  constructor(engines: StateEngines = memoryEngines()) {
    this.engines = {
      ...engines,
      open: async (name) => {
        const engine = await engines.open(name);
        this.#events.push(`+${name}`);
        const close = (): Promise<void> => {
          this.#events.push(`-${name}`);
          return engine.close();
        };
        return {
          capabilities: engine.capabilities,
          getMany: (keys) => engine.getMany(keys),
          getSync: (key) => engine.getSync(key),
          scan: (range) => engine.scan(range),
          write: (changes) => engine.write(changes),
          close,
        };
      },
    };
  }

  /** What happened to tasks since the last call. */
  take(): readonly string[] {
    return this.#events.splice(0).filter((event) => /\d_\d/.test(event));
  }
}
