/** The tasks of this process as queries see them: those of its threads, and the copies that it keeps. */
import type { CopyLag, StandbyTasks } from '../standby/standby-tasks.ts';
import type { RunningThread } from '../thread/thread-parts.ts';
import type { TaskSlot } from '../thread/task-slot.ts';
import type { LocalTask } from './local-partitions.ts';
import type { Position } from './state-query.ts';

/** A task with what it has processed. */
export interface QueriedTask extends LocalTask {
  /** Undefined where it is not known. */
  position(): Position | undefined;
}

/** Tasks of one sub-topology; a task that is about to run here counts, its copy no more. */
export function tasksOfSubtopology(
  subtopology: number,
  threads: Iterable<RunningThread>,
  standbys: StandbyTasks | undefined,
): readonly QueriedTask[] {
  const slots = [...threads].flatMap(({ tasks }) => tasks.slots).filter(({ phase }) => phase !== 'gone');
  const own = slots.filter(({ id }) => id.subtopology === subtopology).map(ofSlot);
  const copies = standbys?.standbys.filter(({ id }) => id.subtopology === subtopology) ?? [];
  const kept = copies.filter(({ text, phase }) => phase === 'updating' && !own.some((one) => one.text === text));
  return [
    ...own,
    ...kept.map((copy): QueriedTask => ({
      text: copy.text,
      partition: copy.id.partition,
      phase: 'standby',
      store: (name) => copy.task?.store(name),
      isGone: () => copy.phase !== 'updating',
      lag: (store) => standbys?.lag(copy.text, store),
      position: () => standbys?.position(copy.text),
    })),
  ];
}

function ofSlot(slot: TaskSlot): QueriedTask {
  return {
    text: slot.text,
    partition: slot.id.partition,
    phase: slot.phase === 'gone' ? 'opening' : slot.phase,
    store: (name) => slot.task?.store(name),
    isGone: () => slot.phase === 'gone',
    lag: (store) => (slot.phase === 'restoring' ? restoreLag(slot, store) : undefined),
    position: () => (slot.phase === 'running' ? positionOf(slot) : undefined),
  };
}

/** What a store still lacks. Nobody adds to it: the task's last owner is gone. */
function restoreLag({ task, missing }: TaskSlot, store: string): CopyLag | undefined {
  const places = task?.changelogs().filter((one) => one.store === store) ?? [];
  const ranges = missing.filter((range) =>
    places.some(({ topic, partition }) => topic === range.topic && partition === range.partition),
  );
  const records = ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
  const position = ranges.reduce((sum, { from }) => sum + from, 0);
  return { position, records, ageMs: records === 0 ? 0 : Infinity };
}

/** Committed offsets are those of the next record. */
function positionOf({ start, task }: TaskSlot): Position {
  const position: Record<string, Record<number, number>> = {};
  for (const { topic, partition, offset } of [...start, ...(task?.offsets() ?? [])]) {
    if (offset > 0) (position[topic] ??= {})[partition] = offset - 1;
  }
  return position;
}
