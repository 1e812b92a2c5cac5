/**
 * A worker's disk: state engines whose operations take virtual time, over engines that outlive the process. A write that a crash
 * interrupts is there or not, never half; the engine below must make it atomic. An engine is open once at a time, as a real one holds
 * a lock; the locks go with the incarnation that holds them.
 */
import { millraceError, type Random } from '@millrace/base';
import type { StateEngine, StateEngines } from '@millrace/ports';
import type { Host } from './host.ts';

export interface DiskRates {
  /** Reads and writes take up to this long. */
  readonly latencyMs: number;
  /** Share of operations that take ten times as long. */
  readonly slowShare: number;
}

/** The disk as one incarnation of a process sees it. */
export function simulatedDisk(disk: StateEngines, host: Host, random: Random, rates: DiskRates): StateEngines {
  const wait = (): Promise<void> => {
    const usual = random.next() * rates.latencyMs;
    return host.clock.sleep(random.next() < rates.slowShare ? usual * 10 : usual);
  };
  const locked = new Set<string>();
  const requireFree = (name: string): void => {
    if (locked.has(name)) throw millraceError('MR_STATE_LOCKED', { directory: name });
  };
  return {
    open: async (name) => {
      await wait();
      requireFree(name);
      locked.add(name);
      return slowed(await disk.open(name), wait, () => locked.delete(name));
    },
    list: async () => (await wait(), disk.list()),
    destroy: async (name) => {
      await wait();
      requireFree(name);
      await disk.destroy(name);
    },
    readMeta: async (name) => (await wait(), disk.readMeta(name)),
    writeMeta: async (name, bytes) => (await wait(), disk.writeMeta(name, bytes)),
    freeBytes: () => disk.freeBytes(),
    close: () => wait(),
  };
}

function slowed(engine: StateEngine, wait: () => Promise<void>, unlock: () => void): StateEngine {
  return {
    capabilities: engine.capabilities,
    getMany: async (keys) => (await wait(), engine.getMany(keys)),
    getSync: (key) => engine.getSync(key),
    scan: (range) => engine.scan(range),
    write: async (changes) => {
      // Before or after the change: a crash in between loses it, or leaves it done and its end unseen.
      await wait();
      await engine.write(changes);
      await wait();
    },
    close: async () => {
      await wait();
      await engine.close();
      unlock();
    },
  };
}
