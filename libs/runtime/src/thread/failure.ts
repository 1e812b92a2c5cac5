/** What a stream thread does about an error: the severity decides, as `docs/errors.md` promises. */
import { MillraceError, millraceError } from '@millrace/base';
import { taskIdText, type TaskId } from '../task/stream-task.ts';

/** An error with the task it came from. Thrown by the steps of a thread, never seen outside. */
export class TaskFailure {
  readonly task: TaskId;
  readonly error: MillraceError;

  constructor(task: TaskId, thrown: unknown) {
    this.task = task;
    this.error = asMillraceError(thrown, taskIdText(task));
  }
}

/** The group is closed to this member for good, whatever the severity of the reason. */
export class GroupFailure {
  readonly error: MillraceError;

  constructor(error: MillraceError) {
    this.error = error;
  }
}

/**
 * - `redo`: drop the tasks, begin again from the committed offsets.
 * - `rejoin`: the same, and ask the group for a new round, since it may have moved on.
 * - `wipe`: the same, after deleting the task's local state; the changelog brings it back.
 * - `end`: the thread ends; its exception handler is asked.
 */
export type Remedy = 'redo' | 'rejoin' | 'wipe' | 'end';

export function remedyFor({ severity }: MillraceError): Remedy {
  switch (severity) {
    case 'retriable':
      return 'redo';
    case 'fenced':
      return 'rejoin';
    case 'corrupt':
      return 'wipe';
    case 'user':
    case 'record':
    case 'bug':
      return 'end';
  }
}

/** Runs a step of a task; what it throws names the task. */
export async function ofTask<T>(task: TaskId, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    throw thrown instanceof TaskFailure ? thrown : new TaskFailure(task, thrown);
  }
}

/** As `ofTask`, for a step that does not wait. */
export function ofTaskNow<T>(task: TaskId, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    throw new TaskFailure(task, thrown);
  }
}

/** The error in what was thrown. */
export function errorOf(thrown: unknown): MillraceError {
  const isWrapped = thrown instanceof TaskFailure || thrown instanceof GroupFailure;
  return isWrapped ? thrown.error : asMillraceError(thrown, 'of the thread');
}

function asMillraceError(thrown: unknown, task: string): MillraceError {
  if (MillraceError.is(thrown)) return thrown;
  const problem = thrown instanceof Error ? thrown.message : String(thrown);
  return millraceError('MR_RUNTIME_TASK_FAILED', { task, problem }, thrown);
}
