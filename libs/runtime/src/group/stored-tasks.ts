/** Tasks whose state is on this process's disk, and how far: what the assignor goes by when a task has no owner. Shared by its threads. */
import type { StateEngines } from '@millrace/ports';

export class StoredTasks {
  readonly #offsets = new Map<string, number>();

  /** Learns what earlier runs have left. How far they are is seen when they are opened. */
  async load(engines: StateEngines): Promise<void> {
    for (const name of await engines.list()) if (/^\d+_\d+$/.test(name)) this.#offsets.set(name, 0);
  }

  /** A task was closed with changelog offsets of this sum. */
  closed(task: string, offsets: number): void {
    if (offsets > 0) this.#offsets.set(task, offsets);
  }

  wiped(task: string): void {
    this.#offsets.delete(task);
  }

  asRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#offsets);
  }
}
