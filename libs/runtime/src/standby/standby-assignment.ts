/**
 * Which process keeps a copy of which task (KIP-429's standbys). Pure and deterministic. A copy stays where it is while its process has no more than its
 * share; none is on the process that runs the task.
 */

/** A process that may keep copies. */
export interface StandbyProcess {
  readonly processId: string;
  readonly threads: number;
  /** Tasks whose state it has -> how far. */
  readonly stored: ReadonlyMap<string, number>;
}

export interface StandbyQuestion {
  /** Copies a task. */
  readonly replicas: number;
  /** Tasks with state, and the process that runs each or is about to. */
  readonly tasks: ReadonlyMap<string, string | undefined>;
  readonly processes: readonly StandbyProcess[];
}

/** Gives process id -> tasks. With fewer processes than copies some tasks have fewer. */
export function assignStandbys({
  replicas,
  tasks,
  processes,
}: StandbyQuestion): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, string[]>(processes.map(({ processId }) => [processId, []]));
  const copies = Math.min(replicas, processes.length - 1);
  const threads = processes.reduce((sum, one) => sum + one.threads, 0);
  const loadOf = ({ processId, threads: own }: StandbyProcess): number => (given.get(processId)?.length ?? 0) / own;
  const share = Math.ceil((tasks.size * copies) / Math.max(1, threads));
  const mayTake = (process: StandbyProcess, task: string): boolean =>
    process.processId !== tasks.get(task) && given.get(process.processId)?.includes(task) !== true;
  for (let copy = 0; copy < copies; copy++) {
    const left: string[] = [];
    for (const task of tasks.keys()) {
      const [keeper] = processes
        .filter((process) => process.stored.has(task) && mayTake(process, task) && loadOf(process) < share)
        .sort((a, b) => (b.stored.get(task) ?? 0) - (a.stored.get(task) ?? 0) || compareText(a.processId, b.processId));
      if (keeper === undefined) left.push(task);
      else given.get(keeper.processId)?.push(task);
    }
    for (const task of left) {
      const [idlest] = processes
        .filter((process) => mayTake(process, task))
        .sort((a, b) => loadOf(a) - loadOf(b) || compareText(a.processId, b.processId));
      if (idlest !== undefined) given.get(idlest.processId)?.push(task);
    }
  }
  return given;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
