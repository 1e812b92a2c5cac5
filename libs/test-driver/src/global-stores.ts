/** The global stores of a topology under test: each is filled by a task of its own, which takes a record at once and commits nothing. */
import type { FetchedBatch } from '@millrace/ports';
import type { StreamTask } from '@millrace/runtime';
import type { StateStore } from '@millrace/state';
import { globalSubtopologies, type StoreSpec, type Subtopology, type Topology } from '@millrace/topology';

export class GlobalStores {
  readonly specs: readonly StoreSpec[];
  readonly #tasks: readonly StreamTask[];

  private constructor(specs: readonly StoreSpec[], tasks: readonly StreamTask[]) {
    this.specs = specs;
    this.#tasks = tasks;
  }

  static async open(topology: Topology, taskOf: (part: Subtopology) => StreamTask): Promise<GlobalStores> {
    const parts = globalSubtopologies(topology);
    const tasks = parts.map(taskOf);
    for (const task of tasks) {
      await task.open();
      task.start([]);
    }
    const specs = parts.flatMap(({ stores }) => stores);
    return new GlobalStores(specs, tasks);
  }

  /** All of them by name, for streams and processors to read. */
  get stores(): ReadonlyMap<string, StateStore> {
    return new Map(
      this.specs.flatMap(({ name }) => {
        const store = this.store(name);
        return store === undefined ? [] : [[name, store] as const];
      }),
    );
  }

  store(name: string): StateStore | undefined {
    return this.#tasks.map((task) => task.store(name)).find((store) => store !== undefined);
  }

  reads(topic: string): boolean {
    return this.#taskOf(topic) !== undefined;
  }

  async apply(batch: FetchedBatch): Promise<void> {
    const task = this.#taskOf(batch.topic);
    task?.accept(batch);
    await task?.prefetch();
    task?.process(batch.count);
  }

  async close(): Promise<void> {
    for (const task of this.#tasks) await task.close();
  }

  #taskOf(topic: string): StreamTask | undefined {
    return this.#tasks.find(({ inputs }) => inputs.some((input) => input.topic === topic));
  }
}
