/** Memory of the state of a process, shared by all its stores: each counts what it holds, and gives way when the sum is too large. */
export interface StateMemory {
  /** Updates that are not forwarded yet (statestore.cache.max.bytes). Beyond it a store forwards before the commit. */
  readonly recordCache: MemoryBudget;
  /** Rows that were read or written. Beyond it a store forgets the ones not used lately; the engine has them. */
  readonly resident: MemoryBudget;
  /**
   * Rows of windows with a record cache stay readable when they have expired, as in the JVM library, whose cache keeps them until its room is needed.
   * For tests: elsewhere that room is put to better use.
   */
  readonly keepsExpired: boolean;
}

export interface MemoryBudget {
  readonly maxBytes: number;
  usedBytes: number;
}

const mebibyte = 1024 * 1024;

export function stateMemory(
  recordCacheMaxBytes = 10 * mebibyte,
  residentMaxBytes = 64 * mebibyte,
  keepsExpired = false,
): StateMemory {
  return {
    recordCache: { maxBytes: recordCacheMaxBytes, usedBytes: 0 },
    resident: { maxBytes: residentMaxBytes, usedBytes: 0 },
    keepsExpired,
  };
}
