import type { StateEngine, StateEngines } from '@millrace/ports';

/** The open engines of a task whose copy was kept here: who gets them goes on where the copy has ended. */
export interface KeptEngines {
  readonly disk: StateEngine;
  /** Of the stores that are kept in memory. */
  readonly memory: StateEngine | undefined;
}

/** Engines whose first `open` gives what was kept; what is opened afterwards comes from the disk. */
export function enginesWith(engines: StateEngines, { disk }: KeptEngines): StateEngines {
  let kept: StateEngine | undefined = disk;
  return {
    ...engines,
    open: (name) => {
      const engine = kept;
      kept = undefined;
      return engine === undefined ? engines.open(name) : Promise.resolve(engine);
    },
  };
}

/** An engine that stays open when the one it is lent to closes it. */
export function lent(engine: StateEngine): StateEngine {
  const { scanSync } = engine;
  return {
    capabilities: engine.capabilities,
    getMany: (keys) => engine.getMany(keys),
    getSync: (key) => engine.getSync(key),
    scan: (range) => engine.scan(range),
    ...(scanSync === undefined ? {} : { scanSync: (range) => scanSync.call(engine, range) }),
    write: (changes) => engine.write(changes),
    close: () => Promise.resolve(),
  };
}
