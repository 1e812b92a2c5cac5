/** Who has what, as the members of the group know it from its last round. */
import type { TopicPartition } from '@millrace/ports';
import { taskInputs, type ApplicationPlan } from '../application/application-plan.ts';
import type { ClusterView, ProcessView } from '../application/cluster-view.ts';
import { taskIdText, type TaskId } from '../task/stream-task.ts';
import type { ThreadState } from '../thread/stream-thread.ts';
import type { StoreCatalogue } from './store-catalogue.ts';

/** Where an instance is reached: its application.server. */
export interface HostInfo {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/** One instance of the application (JVM: StreamsMetadata). */
export interface StreamsMetadata {
  /** Null when it has no application.server. */
  readonly hostInfo: HostInfo | null;
  /** Stores of the tasks that it runs. */
  readonly stateStoreNames: readonly string[];
  /** Inputs of the tasks that it runs. */
  readonly topicPartitions: readonly TopicPartition[];
  /** Stores of the tasks that it keeps copies of. */
  readonly standbyStateStoreNames: readonly string[];
  /** Inputs of the tasks that it keeps copies of. */
  readonly standbyTopicPartitions: readonly TopicPartition[];
}

/** Who has a key (JVM: KeyQueryMetadata). */
export interface KeyQueryMetadata {
  /** Null while nobody runs the task, or when its instance has no application.server. */
  readonly activeHost: HostInfo | null;
  /** Instances with a copy. */
  readonly standbyHosts: readonly HostInfo[];
  /** Partition of the store. */
  readonly partition: number;
}

/** A task with its inputs. */
export interface TaskMetadata {
  /** Such as `0_3`. */
  readonly taskId: string;
  /** Its inputs. */
  readonly topicPartitions: readonly TopicPartition[];
}

/** A stream thread of this process (JVM: ThreadMetadata). */
export interface ThreadMetadata {
  /** As in the JVM library: `client-StreamThread-1`. */
  readonly threadName: string;
  /** What it does. */
  readonly threadState: ThreadState;
  /** Tasks that it processes. */
  readonly activeTasks: readonly TaskMetadata[];
  /** Copies; they belong to the process, and are listed with its first thread. */
  readonly standbyTasks: readonly TaskMetadata[];
}

/** How far a store here is behind its changelog (JVM: LagInfo). Offsets count markers too. */
export interface LagInfo {
  /** The next offset that it takes in. */
  readonly currentOffsetPosition: number;
  /** The end of the changelog. */
  readonly endOffsetPosition: number;
  /** The difference; 0 for a task that processes. */
  readonly offsetLag: number;
}

/** `host:port`, also of an IPv6 address in brackets. */
export function hostInfo(address: string): HostInfo {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

export function metadataOf(plan: ApplicationPlan, catalogue: StoreCatalogue, process: ProcessView): StreamsMetadata {
  const ids = (tasks: readonly string[]): readonly TaskId[] => tasks.map(taskIdOf);
  const stores = (tasks: readonly string[]): readonly string[] =>
    [...new Set(ids(tasks).map(({ subtopology }) => subtopology))].flatMap((part) => catalogue.namesIn(part));
  const inputs = (tasks: readonly string[]): readonly TopicPartition[] =>
    ids(tasks).flatMap((id) => taskInputs(plan, id));
  return {
    hostInfo: process.host === null ? null : hostInfo(process.host),
    stateStoreNames: stores(process.active),
    topicPartitions: inputs(process.active),
    standbyStateStoreNames: stores(process.standby),
    standbyTopicPartitions: inputs(process.standby),
  };
}

/** The instances that have a task: the one that runs it, and those with a copy. */
export function holdersOf(
  { processes }: ClusterView,
  task: string,
): { readonly active: ProcessView | undefined; readonly standbys: readonly ProcessView[] } {
  const active = processes.find((process) => process.active.includes(task));
  return { active, standbys: processes.filter((process) => process !== active && process.standby.includes(task)) };
}

function taskIdOf(text: string): TaskId {
  const [subtopology, partition] = text.split('_').map(Number) as [number, number];
  return { subtopology, partition };
}

/** Tasks with their inputs. */
export function taskMetadata(plan: ApplicationPlan, tasks: readonly TaskId[]): readonly TaskMetadata[] {
  return tasks.map((id) => ({ taskId: taskIdText(id), topicPartitions: taskInputs(plan, id) }));
}
