import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import type { CommittedOffset, Fetcher, GroupMember, TopicPartition } from '@millrace/ports';
import { TaskFeed } from './task-feed.ts';

const input = { topic: 't', partition: 0 };

/** A feed whose fetcher fails, in a group that has committed `offset`. */
function feed(error: Error, offset: number | undefined): { feed: TaskFeed; stable: boolean[] } {
  const stable: boolean[] = [];
  const committed = (partitions: readonly TopicPartition[], requireStable: boolean): Promise<CommittedOffset[]> => {
    stable.push(requireStable);
    expect(partitions).toEqual([input]);
    return Promise.resolve(offset === undefined ? [] : [{ ...input, offset, metadata: '' }]);
  };
  const made = new TaskFeed({
    fetcher: { poll: () => Promise.reject(error) } as unknown as Fetcher,
    group: { committed } as unknown as GroupMember,
    tasks: {} as never,
    clock: {} as never,
    bufferedRecordsPerPartition: 1,
    maxTaskIdleMs: 0,
  });
  return { feed: made, stable };
}

const gone = millraceError('MR_CLIENT_OFFSET_OUT_OF_RANGE', { ...input, offset: 5 });

test.each([[9], [2], [undefined]])(
  'a position that is gone is left behind when the group has committed %p: the task begins again',
  async (offset) => {
    const { feed: moved, stable } = feed(gone, offset);
    await expect(moved.poll(0)).rejects.toMatchObject({ code: 'MR_RUNTIME_INPUT_MOVED', severity: 'retriable' });
    expect(stable).toEqual([true]);
  },
);

test('a committed position that is gone is an error of its own', async () => {
  await expect(feed(gone, 5).feed.poll(0)).rejects.toBe(gone);
});

test('other errors are passed on as they are', async () => {
  const other = millraceError('MR_CLIENT_CLOSED', { what: 'fetcher' });
  await expect(feed(other, 5).feed.poll(0)).rejects.toBe(other);
});
