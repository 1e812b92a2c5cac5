import { expect, test } from '@jest/globals';
import type { Fetcher, TopicPartition } from '@millrace/ports';
import { TaskFeed } from './task-feed.ts';
import type { RunningSlot } from './task-slot.ts';
import { handClock } from '../testdata/task-harness.ts';

const inputs: readonly TopicPartition[] = [
  { topic: 'a', partition: 0 },
  { topic: 'b', partition: 0 },
];

/** A task with two inputs; what is buffered and what the broker has more is set by hand. */
function twoInputs(maxTaskIdleMs: number): {
  readonly clock: ReturnType<typeof handClock>;
  readonly buffered: Record<string, number>;
  readonly lag: Record<string, number | undefined>;
  readonly mayProcess: () => boolean;
} {
  const clock = handClock();
  const buffered: Record<string, number> = { a: 0, b: 0 };
  const lag: Record<string, number | undefined> = { a: 0, b: 0 };
  const fetcher = { endOffset: ({ topic }: TopicPartition) => lag[topic], position: () => 0 } as unknown as Fetcher;
  const tasks = { prefetch: () => undefined } as never;
  const options = { fetcher, tasks, clock, group: {} as never, bufferedRecordsPerPartition: 1, maxTaskIdleMs };
  const feed = new TaskFeed(options);
  const task = { bufferedRecords: ({ topic }: TopicPartition) => buffered[topic] ?? 0 };
  const slot = { inputs, task, waitsUntilMs: new Map() } as unknown as RunningSlot;
  return { clock, buffered, lag, mayProcess: () => feed.mayProcess(slot) };
}

test('an input that the broker has records of is waited for, however long (KIP-695)', () => {
  const { clock, buffered, lag, mayProcess } = twoInputs(0);
  buffered['a'] = 1;
  lag['b'] = 3;
  clock.timeMs = 100_000;
  expect(mayProcess()).toBe(false);
  lag['b'] = undefined;
  expect(mayProcess()).toBe(false);
  lag['b'] = 0;
  expect(mayProcess()).toBe(true);
});

test('an input that the broker has nothing of is waited for as long as max.task.idle.ms says', () => {
  const { clock, buffered, mayProcess } = twoInputs(100);
  buffered['a'] = 1;
  expect(mayProcess()).toBe(false);
  clock.timeMs = 99;
  expect(mayProcess()).toBe(false);
  clock.timeMs = 100;
  expect(mayProcess()).toBe(true);
  // Records of it end the wait; when they are done the next one begins.
  buffered['b'] = 1;
  expect(mayProcess()).toBe(true);
  buffered['b'] = 0;
  expect(mayProcess()).toBe(false);
  clock.timeMs = 200;
  expect(mayProcess()).toBe(true);
});

test('the time runs from when an input is empty, not from when the others have records', () => {
  const { clock, buffered, mayProcess } = twoInputs(100);
  // One after the other, as the JVM library looks at them.
  for (clock.timeMs = 0; clock.timeMs <= 200; clock.timeMs += 100) expect(mayProcess()).toBe(true);
  buffered['a'] = 1;
  expect(mayProcess()).toBe(true);
});

test('-1 waits for nothing', () => {
  const { buffered, lag, mayProcess } = twoInputs(-1);
  buffered['a'] = 1;
  lag['b'] = 3;
  expect(mayProcess()).toBe(true);
});
