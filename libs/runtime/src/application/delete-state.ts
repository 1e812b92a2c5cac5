import type { StateEngines } from '@millrace/ports';

/** Deletes all engines, under the lock of the process; the identity of the process stays. Rejects with MR_STATE_LOCKED while another has it. */
export async function deleteState(engines: StateEngines, lockName: string): Promise<void> {
  const lock = await engines.open(lockName);
  try {
    for (const name of await engines.list()) if (name !== lockName) await engines.destroy(name);
  } finally {
    await lock.close();
  }
}
