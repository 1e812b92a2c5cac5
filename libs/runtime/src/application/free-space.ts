/** Room on the disk of the state, looked at before anything is opened: a store that runs full stops its tasks in the middle of their work. */
import { millraceError, type Logger } from '@millrace/base';
import type { StateEngines } from '@millrace/ports';

const mebibyte = 1024 * 1024;

/** Below `needed` nothing starts: a store holds this much before it tidies up. Below `wanted` the start says so. */
const room = { neededBytes: 64 * mebibyte, wantedBytes: 512 * mebibyte };

/** Throws MR_STATE_NO_ROOM when the disk has too little room to begin with. */
export async function requireFreeSpace(engines: StateEngines, directory: string, logger: Logger): Promise<void> {
  const freeBytes = await engines.freeBytes();
  const { neededBytes, wantedBytes } = room;
  if (freeBytes < neededBytes) throw millraceError('MR_STATE_NO_ROOM', { directory, freeBytes, neededBytes });
  if (freeBytes < wantedBytes)
    logger.log('warn', 'The disk of the state is nearly full.', { directory, freeBytes, wantedBytes });
}
