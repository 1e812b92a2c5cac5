import { expect, test } from '@jest/globals';
import type { FetchedBatch, Fetcher } from '@millrace/ports';
import { ChangelogRestorer } from '../thread/changelog-restorer.ts';
import type { StreamTask } from '../task/stream-task.ts';
import type { TaskSlot } from '../thread/task-slot.ts';
import type { RunningThread } from '../thread/thread-parts.ts';
import { localPartitions } from './local-partitions.ts';
import { tasksOfSubtopology } from './local-tasks.ts';

const place = { topic: 'counts-changelog', partition: 2 };
const spec = { name: 'counts', kind: 'keyValue' } as never;

/** A changelog whose batches come when they are given. */
class GivenFetcher {
  #give: (batches: readonly FetchedBatch[]) => void = () => undefined;
  assign(): void {}
  unassign(): void {}
  poll(): Promise<readonly FetchedBatch[]> {
    return new Promise((resolve) => (this.#give = resolve));
  }
  async give(nextOffset: number): Promise<void> {
    this.#give([{ ...place, count: 1, nextOffset, offset: () => nextOffset - 1 } as unknown as FetchedBatch]);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

test('a task that is being restored is behind by what it has left, and answers within that bound', async () => {
  const fetcher = new GivenFetcher();
  const restorer = new ChangelogRestorer({
    fetcher: fetcher as unknown as Fetcher,
    notify: () => undefined,
    restored: () => undefined,
  });
  const store = { read: () => undefined };
  const task = {
    changelogs: () => [{ ...place, store: 'counts', offset: 3 }],
    restore: () => Promise.resolve(),
    store: () => store,
  } as unknown as StreamTask;
  const missing = [{ ...place, store: 'counts', from: 3, begin: 0, to: 13 }];
  const slot = {
    id: { subtopology: 0, partition: 2 },
    text: '0_2',
    phase: 'restoring',
    task,
    missing,
  } as unknown as TaskSlot;
  const threads = [{ tasks: { slots: [slot] } } as unknown as RunningThread];
  const [local] = tasksOfSubtopology(0, threads, undefined);
  const within = (maxLag: number, maxAgeMs = Infinity) =>
    localPartitions(spec, tasksOfSubtopology(0, threads, undefined), { partition: 2, stale: true, maxLag, maxAgeMs });
  restorer.add(task, missing);
  expect(local?.lag('counts')).toEqual({ position: 3, records: 10, ageMs: Infinity });
  expect(() => within(9)).toThrow(
    expect.objectContaining({ code: 'MR_QUERY_STALE', message: expect.stringContaining('10 records') }),
  );
  await fetcher.give(8);
  expect(local?.lag('counts')).toMatchObject({ position: 8, records: 5 });
  expect(within(5)).toHaveLength(1);
  expect(() => within(5, 60_000)).toThrow(expect.objectContaining({ code: 'MR_QUERY_STALE' }));
  await fetcher.give(14);
  expect(restorer.take()).toEqual([task]);
  expect(local?.lag('counts')).toEqual({ position: 13, records: 0, ageMs: 0 });
  expect(within(0, 0)).toHaveLength(1);
});
