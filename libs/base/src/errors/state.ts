import { define } from './define.ts';

/** Errors of the state area; every code starts with MR_STATE_. */
export const stateErrors = {
  MR_STATE_DIRECTORY: define<{ directory: string; problem: string }>({
    severity: 'user',
    message: ({ directory, problem }) => `The state directory ${directory} cannot be used: ${problem}.`,
    remedy: () => 'Give state.dir (STATE_DIR) a directory that this user may write to.',
  }),
  MR_STATE_LOCKED: define<{ directory: string }>({
    severity: 'user',
    message: ({ directory }) => `The store in ${directory} is open in another process.`,
    remedy: () =>
      'Give each process of the application its own state.dir (STATE_DIR), or stop the other one; the lock of a process that died is free.',
  }),
  MR_STATE_CORRUPT: define<{ directory: string; problem: string }>({
    severity: 'corrupt',
    message: ({ directory, problem }) => `The store in ${directory} cannot be read: ${problem}.`,
    remedy: () => 'It is wiped and restored from its changelog; nothing is lost. If it happens again, check the disk.',
  }),
  MR_STATE_NO_ROOM: define<{ directory: string; freeBytes: number; neededBytes: number }>({
    severity: 'user',
    message: ({ directory, freeBytes, neededBytes }) =>
      `The disk of the state directory ${directory} has ${Math.floor(freeBytes / 1_048_576)} MiB free; at least ${Math.ceil(neededBytes / 1_048_576)} MiB are needed to start.`,
    remedy: () => 'Free some space, or give state.dir (STATE_DIR) a directory on a larger disk. Nothing was started.',
  }),
  MR_STATE_DISK_FULL: define<{ directory: string }>({
    severity: 'retriable',
    message: ({ directory }) => `There is no room left on the disk of ${directory}.`,
    remedy: () =>
      'Free some space: a running task goes on by itself, a process that has ended can be started again. Nothing was written by half.',
  }),
};
