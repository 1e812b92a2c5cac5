import type { Interlude } from '@millrace/operators';

/**
 * The work of a task between two records. An operator asks for it while a record is processed; it is read beside the thread and run before the next
 * record. What it forwards may ask for more, which is read in its turn.
 */
export class Interludes {
  #asked: Interlude[] = [];
  /** Under way: the reading of what was asked for. Kept when it has failed. */
  #reading: Promise<void> | undefined;
  readonly #ready: Interlude[] = [];

  ask(work: Interlude): void {
    this.#asked.push(work);
  }

  /** Nothing stands between the last record and the next. */
  get isEmpty(): boolean {
    return this.#asked.length === 0 && this.#reading === undefined && this.#ready.length === 0;
  }

  /** Something has been read and waits to be run. */
  get isReady(): boolean {
    return this.#ready.length > 0;
  }

  /** Reads what was asked for; undefined when there is nothing to wait for. */
  read(): Promise<void> | undefined {
    if (this.#reading === undefined && this.#asked.length > 0) {
      const asked = this.#asked;
      this.#asked = [];
      this.#reading = Promise.all(asked.map((work) => work.read())).then(() => {
        this.#ready.push(...asked);
        this.#reading = undefined;
      });
    }
    return this.#reading;
  }

  /** Does up to `limit` steps of what has been read; gives how many. */
  run(limit: number): number {
    let count = 0;
    for (let work = this.#ready[0]; work !== undefined && count < limit; work = this.#ready[0]) {
      const allowed = limit - count;
      const done = work.run(allowed);
      count += done;
      if (done < allowed) this.#ready.shift();
    }
    return count;
  }
}
