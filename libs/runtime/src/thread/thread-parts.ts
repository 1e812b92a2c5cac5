/** Puts a stream thread together from the ports. */
import { withFields, type Logger } from '@millrace/base';
import type { GroupMember } from '@millrace/ports';
import type { ApplicationPlan } from '../application/application-plan.ts';
import { ChangelogRestorer } from './changelog-restorer.ts';
import type { StreamsPorts } from '../application/streams-ports.ts';
import type { ClusterView } from '../application/cluster-view.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { livePlan } from '../application/live-plan.ts';
import { IdempotentOutput } from './idempotent-output.ts';
import { encodeMemberData } from '../group/member-data.ts';
import type { StateRestoreListener } from '../application/restore-listener.ts';
import { RepartitionPurge } from './repartition-purge.ts';
import type { StandbyTasks } from '../standby/standby-tasks.ts';
import type { StoredTasks } from '../group/stored-tasks.ts';
import type { TaskMaker } from '../task/task-factory.ts';
import { taskIdText } from '../task/stream-task.ts';
import { StreamThread, type ThreadState } from './stream-thread.ts';
import { taskAssignor } from '../group/task-assignor.ts';
import { TaskFeed } from './task-feed.ts';
import { TaskOpener } from './task-opener.ts';
import type { TaskSlot } from './task-slot.ts';
import { ThreadMetrics } from './thread-metrics.ts';
import type { ThreadOutput } from './thread-output.ts';
import { ThreadTasks } from './thread-tasks.ts';
import { TransactionalOutput } from './transactional-output.ts';

/** What all threads of a process share. */
export interface ThreadSettings extends StreamsPorts {
  readonly config: StreamsConfig;
  readonly plan: ApplicationPlan;
  readonly processId: string;
  readonly stored: StoredTasks;
  /** Makes a task of the program; tests bring their own. */
  readonly makeTask: TaskMaker;
  readonly standbys: StandbyTasks;
  /** The leader has told who has what. */
  readonly onCluster: (thread: number, generation: number, cluster: ClusterView) => void;
  readonly onState: (state: ThreadState) => void;
  /** All instances of the application are to end. */
  readonly asksToShutDown: () => boolean;
  readonly isPaused: () => boolean;
  readonly restoreListener?: StateRestoreListener | undefined;
  /** Topics may have come or gone that the plan does not know of. */
  readonly topicsMayDiffer: () => void;
}

/** A thread with what can be seen of it from outside. */
export interface RunningThread {
  readonly index: number;
  readonly thread: StreamThread;
  readonly tasks: ThreadTasks;
  readonly feed: TaskFeed;
  readonly metrics: ThreadMetrics;
}

const mebibyte = 1024 * 1024;

export function assembleThread(index: number, settings: ThreadSettings): RunningThread {
  const { client, config, clock, random, stored, engines, onState, isPaused, topicsMayDiffer } = settings;
  const plan = livePlan(settings.plan);
  const logger = withFields(settings.logger, { thread: index });
  const metrics = new ThreadMetrics();
  const output = outputOf(index, { ...settings, plan }, logger);
  const isExactlyOnce = config.processingGuarantee === 'exactly_once_v2';
  const isolation = isExactlyOnce ? 'read_committed' : 'read_uncommitted';
  const fetcher = client.fetcher({ isolation, offsetReset: 'fail', maxBufferedBytes: bufferedBytesMax(plan) });
  const notify = (): void => fetcher.wakeup();
  const group = groupOf(index, settings, plan);
  const restorer = new ChangelogRestorer({
    // Changelogs are written in transactions whatever reads them: aborted records are never state.
    fetcher: client.fetcher({ isolation: 'read_committed', offsetReset: 'fail' }),
    notify,
    listener: settings.restoreListener,
    restored: (records) => (metrics.restoredRecords += records),
  });
  const opener = new TaskOpener({
    client,
    clock,
    logger,
    engines,
    plan,
    offsetReset: config.autoOffsetReset,
    requireStable: isExactlyOnce,
    makeTask: (slot, kept) =>
      settings.makeTask(slot, plan, output.collector, logger, notify, () => metrics.redoneInRow, kept),
    takeStandby: (task) => settings.standbys.take(task),
  });
  const closed = (slot: TaskSlot, offsets: number): void => {
    metrics.closed(slot.metrics);
    stored.closed(slot.text, offsets);
  };
  const tasks = new ThreadTasks({ plan, group, opener, restorer, notify, closed });
  const { bufferedRecordsPerPartition, maxTaskIdleMs } = config;
  const feed = new TaskFeed({ fetcher, tasks, group, clock, bufferedRecordsPerPartition, maxTaskIdleMs });
  const purge = new RepartitionPurge({
    admin: client.admin,
    clock,
    logger,
    plan,
    intervalMs: config.repartitionPurgeIntervalMs,
  });
  const thread = new StreamThread({
    plan,
    group,
    fetcher,
    output,
    tasks,
    feed,
    purge,
    metrics,
    clock,
    random,
    logger,
    pollMs: config.pollMs,
    commitIntervalMs: config.commitIntervalMs,
    taskTimeoutMs: config.taskTimeoutMs,
    uncommittedMaxBytes: config.statestoreUncommittedMaxBytes,
    wipe: async (task) => {
      await engines.destroy(taskIdText(task));
      stored.wiped(taskIdText(task));
    },
    onState,
    isPaused,
    onCluster: (generation, cluster) => settings.onCluster(index, generation, cluster),
    topicsMayDiffer,
  });
  return { index, thread, tasks, feed, metrics };
}

function groupOf(index: number, settings: ThreadSettings, plan: ApplicationPlan): GroupMember {
  const { client, config, topicsMayDiffer } = settings;
  return client.group({
    groupId: config.applicationId,
    ...(config.groupInstanceId === null ? {} : { instanceId: `${config.groupInstanceId}-${index}` }),
    get topics() {
      return [...plan.inputs.keys()];
    },
    assignor: taskAssignor(plan, config.numStandbyReplicas, topicsMayDiffer),
    userData: () => userDataOf(index, { ...settings, plan }),
    sessionTimeoutMs: config.sessionTimeoutMs,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    maxPollIntervalMs: config.maxPollIntervalMs,
  });
}

/** Held-back partitions keep what is buffered: there must be room for the others beside all of them. */
function bufferedBytesMax({ inputs }: ApplicationPlan): number {
  const partitions = [...inputs.values()].reduce((sum, input) => sum + input.partitions, 0);
  return Math.max(64, 2 * partitions) * mebibyte;
}

function userDataOf(thread: number, { config, plan, processId, stored, asksToShutDown }: ThreadSettings): Buffer {
  const { applicationServer: host } = config;
  return encodeMemberData({
    processId,
    thread,
    fingerprint: plan.fingerprint,
    stored: stored.asRecord(),
    ...(asksToShutDown() ? { shutdown: true } : {}),
    ...(host === null ? {} : { host }),
  });
}

function outputOf(index: number, settings: ThreadSettings, logger: Logger): ThreadOutput {
  const { client, clock, config, plan, processId } = settings;
  const { deadLetters } = plan;
  const topicBatchBytes = new Map(deadLetters === null ? [] : [[deadLetters.topic, deadLetters.batchBytesMax]]);
  if (config.processingGuarantee === 'at_least_once')
    return new IdempotentOutput({ client, clock, topics: () => topicsWritten(plan), topicBatchBytes });
  const transactionalId = `${config.applicationId}-${processId}-${index}`;
  const { transactionTimeoutMs, applicationId: groupId } = config;
  const topics = (): readonly string[] => topicsWritten(plan);
  const producer = { transactionalId, transactionTimeoutMs, groupId, topics, topicBatchBytes };
  return new TransactionalOutput({ client, clock, logger, ...producer });
}

function topicsWritten({ outputs, deadLetters }: ApplicationPlan): readonly string[] {
  return deadLetters === null ? outputs : [...outputs, deadLetters.topic];
}
