/** The global stores of a topology under test: filled by a task of their own, as in production, which takes a record at once and commits nothing. */
import type { FetchedBatch } from '@millrace/ports';
import { globalPart, type StreamTask } from '@millrace/runtime';
import type { StateStore } from '@millrace/state';
import type { StoreSpec, Subtopology, Topology } from '@millrace/topology';

export class GlobalStores {
  readonly specs: readonly StoreSpec[];
  /** Undefined where there are no global stores. */
  readonly #task: StreamTask | undefined;

  private constructor(specs: readonly StoreSpec[], task: StreamTask | undefined) {
    this.specs = specs;
    this.#task = task;
  }

  static async open(topology: Topology, taskOf: (part: Subtopology) => StreamTask): Promise<GlobalStores> {
    const part = globalPart(topology);
    if (part === undefined) return new GlobalStores([], undefined);
    const task = taskOf(part);
    await task.open();
    task.start([]);
    return new GlobalStores(part.stores, task);
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
    return this.#task?.store(name);
  }

  get topics(): readonly string[] {
    return this.#task?.inputs.map(({ topic }) => topic) ?? [];
  }

  reads(topic: string): boolean {
    return this.#task?.inputs.some((input) => input.topic === topic) === true;
  }

  async apply(batch: FetchedBatch): Promise<void> {
    const task = this.#task;
    task?.accept(batch);
    await task?.prefetch();
    try {
      task?.process(batch.count);
    } catch (error) {
      task?.passOverFailed();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#task?.close();
  }
}
