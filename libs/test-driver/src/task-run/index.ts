export type { LoggedRecord } from './record-log.ts';
export { TaskRun, type TaskRunOptions } from './task-run.ts';
