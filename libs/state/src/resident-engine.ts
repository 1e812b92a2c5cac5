/**
 * An engine whose rows of some stores are in memory too: for stores that processors walk in the middle of a record, where the disk can only be
 * walked in time (ADR 0018). Writes go to memory at once, then to the disk.
 */
import type { KeyRange, KeyValue, StateEngine } from '@millrace/ports';
import { keyValueLocalKey, storeEnd } from './local-keys.ts';

/** Takes in the rows of the stores `ids`. `memory` is empty, and can be scanned at once. */
export async function residentEngine(
  disk: StateEngine,
  memory: StateEngine,
  ids: readonly number[],
): Promise<StateEngine> {
  for (const id of ids) {
    for await (const rows of disk.scan({ gte: keyValueLocalKey(id), lt: storeEnd(id) }))
      await memory.write({ deleteRanges: [], keys: rows.map(([key]) => key), values: rows.map(([, value]) => value) });
  }
  return {
    capabilities: disk.capabilities,
    getSync: (key) => memory.getSync(key) ?? disk.getSync(key),
    getMany: (keys) => disk.getMany(keys),
    scan: (range) => disk.scan(range),
    scanSync: (range: KeyRange): readonly KeyValue[] => memory.scanSync?.(range) ?? [],
    write: async (changes) => {
      await Promise.all([memory.write(changes), disk.write(changes)]);
    },
    close: async () => {
      await memory.close();
      await disk.close();
    },
  };
}
