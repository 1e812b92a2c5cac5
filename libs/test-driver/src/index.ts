export type { ProducedRecord } from './driver-output.ts';
export type { LoggedRecord } from './task-run/record-log.ts';
export { TaskRun, type TaskRunOptions } from './task-run/task-run.ts';
export { TestInputTopic, TestOutputTopic, type TestRecord, type TopicSerdes } from './test-topics.ts';
export { TopologyTestDriver, type DriverOptions, type InputRecord } from './topology-test-driver.ts';
