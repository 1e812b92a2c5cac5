/** What this process knows of the others, and what follows for it: the copies that it keeps. */
import type { ApplicationPlan } from './application-plan.ts';
import type { ClusterView, ProcessView } from './cluster-view.ts';
import type { StandbyTasks } from '../standby/standby-tasks.ts';
import { taskIdText, type TaskId } from '../task/stream-task.ts';

const nobody: ClusterView = { processes: [] };

export class Cluster {
  readonly #processId: string;
  readonly #standbys: StandbyTasks;
  readonly #plan: ApplicationPlan;
  #view = nobody;
  #toldBy: { readonly thread: number; readonly generation: number } = { thread: -1, generation: -1 };

  constructor(plan: ApplicationPlan, processId: string, standbys: StandbyTasks) {
    this.#plan = plan;
    this.#processId = processId;
    this.#standbys = standbys;
  }

  /** A thread was told. One that is late with an older round is not listened to; whoever told last may begin to count anew. */
  changed(thread: number, generation: number, view: ClusterView): void {
    if (generation < this.#toldBy.generation && thread !== this.#toldBy.thread) return;
    this.#toldBy = { thread, generation };
    this.#view = view;
    const known = this.#tasks();
    const standby = this.own?.standby.flatMap((task) => known.get(task) ?? []) ?? [];
    this.#standbys.want(standby, new Set(this.own?.active));
  }

  get processes(): readonly ProcessView[] {
    return this.#view.processes;
  }

  get own(): ProcessView | undefined {
    return this.#view.processes.find(({ processId }) => processId === this.#processId);
  }

  isOwn({ processId }: ProcessView): boolean {
    return processId === this.#processId;
  }

  /** Topics by pattern come and go, and tasks with them. */
  #tasks(): ReadonlyMap<string, TaskId> {
    const ids = this.#plan.groups.flatMap(({ subtopology, tasks }) =>
      Array.from({ length: tasks }, (_, partition): TaskId => ({ subtopology, partition })),
    );
    return new Map(ids.map((id) => [taskIdText(id), id]));
  }
}
