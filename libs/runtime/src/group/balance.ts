/**
 * Which member gets which task. Pure and deterministic.
 *
 * Each sub-topology is spread by itself: a member gets the floor or the ceiling of its even share, and totals over all sub-topologies
 * differ by one at most. Within these shares a task stays where it is; else it goes to a process that has its state; else anywhere.
 */
import { invariant } from '@millrace/base';

/** A member as the balance sees it. Tasks are named by their text, `0_3`. */
export interface Candidate {
  readonly memberId: string;
  readonly processId: string;
  readonly thread: number;
  /** Tasks it runs now. */
  readonly owned: ReadonlySet<string>;
  /** Tasks whose state its process has -> how far. */
  readonly stored: ReadonlyMap<string, number>;
}

/** Tasks of each sub-topology; gives member id -> tasks. */
export function balance(
  members: readonly Candidate[],
  groups: readonly (readonly string[])[],
): ReadonlyMap<string, readonly string[]> {
  const assigned = new Map<string, string[]>(members.map(({ memberId }) => [memberId, []]));
  if (members.length === 0) return assigned;
  const ordered = [...members].sort(
    (a, b) => a.thread - b.thread || compare(a.processId, b.processId) || compare(a.memberId, b.memberId),
  );
  for (const tasks of groups) {
    const room = sharesOf(ordered, tasks, assigned);
    for (const [task, member] of placed(ordered, tasks, room)) assigned.get(member.memberId)?.push(task);
  }
  return assigned;
}

/** How many tasks of one sub-topology each member takes. */
function sharesOf(
  members: readonly Candidate[],
  tasks: readonly string[],
  assigned: ReadonlyMap<string, readonly string[]>,
): Map<Candidate, number> {
  const floor = Math.floor(tasks.length / members.length);
  const shares = new Map(members.map((member) => [member, floor]));
  const total = (member: Candidate): number => (assigned.get(member.memberId)?.length ?? 0) + (shares.get(member) ?? 0);
  const ofProcess = (member: Candidate): number => {
    const threads = members.filter(({ processId }) => processId === member.processId);
    return threads.reduce((sum, one) => sum + total(one), 0) / threads.length;
  };
  const owns = (member: Candidate): number => tasks.filter((task) => member.owned.has(task)).length;
  for (let rest = tasks.length - floor * members.length; rest > 0; rest--) {
    const [first] = members
      .filter((member) => shares.get(member) === floor)
      .map((member) => ({ member, order: [total(member), ofProcess(member), -owns(member)] }))
      .sort((a, b) => compareAll(a.order, b.order));
    invariant(first, 'fewer tasks are left over than there are members');
    shares.set(first.member, floor + 1);
  }
  return shares;
}

/** Tasks with their members, as many for each as it has room. */
function placed(
  members: readonly Candidate[],
  tasks: readonly string[],
  room: Map<Candidate, number>,
): ReadonlyMap<string, Candidate> {
  const places = new Map<string, Candidate>();
  const place = (task: string, member: Candidate | undefined): void => {
    if (member === undefined || places.has(task)) return;
    places.set(task, member);
    room.set(member, (room.get(member) ?? 0) - 1);
  };
  const withRoom = (): readonly Candidate[] => members.filter((member) => (room.get(member) ?? 0) > 0);
  for (const task of tasks)
    place(
      task,
      withRoom().find(({ owned }) => owned.has(task)),
    );
  for (const { task, processId } of storedTasks(members, tasks)) {
    if (!places.has(task))
      place(
        task,
        roomiest(
          withRoom().filter((member) => member.processId === processId),
          room,
        ),
      );
  }
  for (const task of tasks) if (!places.has(task)) place(task, roomiest(withRoom(), room));
  return places;
}

/** Which process has the state of which task, the one that is farthest first. */
function storedTasks(members: readonly Candidate[], tasks: readonly string[]) {
  const wanted = new Set(tasks);
  const found = members.flatMap(({ processId, stored }) =>
    [...stored].filter(([task]) => wanted.has(task)).map(([task, offset]) => ({ task, processId, offset })),
  );
  return found.sort((a, b) => b.offset - a.offset || compare(a.processId, b.processId) || compare(a.task, b.task));
}

function roomiest(members: readonly Candidate[], room: ReadonlyMap<Candidate, number>): Candidate | undefined {
  return members.reduce<Candidate | undefined>(
    (best, member) => (best === undefined || (room.get(member) ?? 0) > (room.get(best) ?? 0) ? member : best),
    undefined,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareAll(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
