import type { StateEngines } from '@millrace/ports';

/** State engines whose directory is made when it is first used: an application that never starts leaves nothing behind. */
export function lazyEngines(make: () => Promise<StateEngines>): StateEngines {
  let made: Promise<StateEngines> | undefined;
  const engines = (): Promise<StateEngines> => (made ??= make());
  return {
    open: async (name) => (await engines()).open(name),
    list: async () => (await engines()).list(),
    destroy: async (name) => (await engines()).destroy(name),
    readMeta: async (name) => (await engines()).readMeta(name),
    writeMeta: async (name, bytes) => (await engines()).writeMeta(name, bytes),
    freeBytes: async () => (await engines()).freeBytes(),
    close: async () => (await made)?.close(),
  };
}
