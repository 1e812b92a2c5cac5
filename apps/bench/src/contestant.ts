/** A process that one client has for itself; it does the work it is told and says what CPU time that took. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ClientName, ClientWork } from './client-contestants.ts';

export class Contestant {
  readonly #process: ChildProcess;

  constructor(name: ClientName, bootstrap: string) {
    const file = path.join(import.meta.dirname, `contestant-process${path.extname(import.meta.filename)}`);
    this.#process = fork(file, [name, bootstrap], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** CPU seconds of the process for this work. */
  async run(work: ClientWork): Promise<number> {
    this.#process.send(work);
    const [answer] = (await once(this.#process, 'message')) as [
      { readonly seconds: number } | { readonly error: string },
    ];
    if ('error' in answer) throw new Error(answer.error);
    return answer.seconds;
  }

  end(): void {
    this.#process.kill();
  }
}
