import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import type { ApplicationPlan } from '../application/application-plan.ts';
import type { ChangelogRestorer } from './changelog-restorer.ts';
import type { StreamTask } from '../task/stream-task.ts';
import { TaskFeed } from './task-feed.ts';
import type { TaskOpener } from './task-opener.ts';
import type { RunningSlot } from './task-slot.ts';
import { ThreadTasks } from './thread-tasks.ts';

const id = { subtopology: 0, partition: 0 };
const away = millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'p' });

/** One running task whose work beside the loop ends as told. */
async function running(work: Partial<StreamTask>): Promise<{ tasks: ThreadTasks; feed: TaskFeed; slot: RunningSlot }> {
  const task = { id, inputs: [], changelogs: () => [], start: () => undefined, ...work } as unknown as StreamTask;
  const restored: StreamTask[] = [];
  const tasks = new ThreadTasks({
    plan: { groups: [] } as unknown as ApplicationPlan,
    group: {} as never,
    opener: {
      open: (slot: { task?: StreamTask }) => ((slot.task = task), Promise.resolve([])),
    } as unknown as TaskOpener,
    restorer: {
      add: (one: StreamTask) => restored.push(one),
      take: () => restored.splice(0),
      failure: () => undefined,
    } as unknown as ChangelogRestorer,
    notify: () => undefined,
    closed: () => undefined,
  });
  tasks.open(id, '0_0');
  await tasks.slots[0]?.pending;
  tasks.step();
  const feed = new TaskFeed({
    fetcher: {} as never,
    group: {} as never,
    tasks,
    clock: {} as never,
    bufferedRecordsPerPartition: 1,
    maxTaskIdleMs: 0,
  });
  return { tasks, feed, slot: tasks.running[0] as RunningSlot };
}

test('a task whose schemas could not be had rests until the failure is taken up', async () => {
  const { tasks, feed, slot } = await running({ prefetch: () => Promise.reject(away) });
  tasks.prefetch(slot);
  expect(feed.mayProcess({ ...slot, inputs: [{ topic: 't', partition: 0 }] })).toBe(false);
  await slot.pending;
  await Promise.resolve();
  expect(feed.mayProcess({ ...slot, inputs: [{ topic: 't', partition: 0 }] })).toBe(false);
  expect(() => tasks.step()).toThrow(expect.objectContaining({ error: away, task: id }));
});

test('a task whose committed state could not be written rests, and the next commit hears of it', async () => {
  const full = millraceError('MR_STATE_DISK_FULL', { directory: '/state' });
  const { tasks, feed, slot } = await running({ apply: () => Promise.reject(full) });
  tasks.apply(slot);
  await expect(tasks.applied()).rejects.toMatchObject({ error: full });
  expect(feed.mayProcess({ ...slot, inputs: [{ topic: 't', partition: 0 }] })).toBe(false);
});

/** What a task waits for, and nothing more when it is asked again. */
function once(wait: Promise<void>): () => Promise<void> | undefined {
  const left = [wait];
  return () => left.shift();
}

test('a task goes on when what it asked for is there', async () => {
  const { tasks, feed, slot } = await running({ prefetch: once(Promise.resolve()) });
  tasks.prefetch(slot);
  await slot.pending;
  expect(feed.mayProcess({ ...slot, inputs: [{ topic: 't', partition: 0 }] })).toBe(true);
});
