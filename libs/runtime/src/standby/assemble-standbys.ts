/** Puts the standby tasks of a process together. */
import { invariant, withFields } from '@millrace/base';
import { taskInputs, type ApplicationPlan } from '../application/application-plan.ts';
import type { StoredTasks } from '../group/stored-tasks.ts';
import type { RecordCollector } from '../task/stream-task.ts';
import type { TaskMaker } from '../task/task-factory.ts';
import { TaskMetrics } from '../task/task-metrics.ts';
import type { StreamsPorts } from '../application/streams-ports.ts';
import { StandbyTasks } from './standby-tasks.ts';
import type { StandbyUpdateListener } from './update-listener.ts';

/** What only follows its changelogs writes nothing. */
const nowhere: RecordCollector = {
  append: () => invariant(false, 'a standby task processes nothing'),
  partitionCount: () => 0,
  endOffset: () => undefined,
};

export function assembleStandbys(
  { client, engines, memoryEngine, clock, ...ports }: StreamsPorts,
  plan: ApplicationPlan,
  stored: StoredTasks,
  makeTask: TaskMaker,
  listener: StandbyUpdateListener | undefined,
): StandbyTasks {
  const logger = withFields(ports.logger, { thread: 'standby' });
  return new StandbyTasks({
    client,
    engines,
    memoryEngine,
    clock,
    logger,
    plan,
    stored,
    listener,
    makeTask: (id, kept) =>
      makeTask(
        { id, inputs: taskInputs(plan, id), metrics: new TaskMetrics() },
        plan,
        nowhere,
        logger,
        () => undefined,
        () => 0,
        kept,
      ),
  });
}
