/** A service as a child process, as a container runs it: nothing of this process's environment. */
import { invariant, millraceError } from '@millrace/base';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line of the log in JSON. */
export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

export class ServiceProcess {
  readonly lines: LogLine[] = [];
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  /** @param main the built entry point */
  constructor(main: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [main], {
      env: { HTTP_PORT: '0', LOG_FORMAT: 'json', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.exit = new Promise((resolve) => this.#child.once('close', resolve));
    const { stderr } = this.#child;
    invariant(stderr !== null, 'a child has the streams that it was given');
    createInterface({ input: stderr }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as LogLine);
      for (const look of this.#waiting) look();
    });
  }

  /** The first line that fits, those of the past included. Rejects when the process ends without it. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
      void this.exit.then((code) =>
        reject(
          millraceError('MR_INVARIANT', {
            why: `a service logs what is waited for; it ended with ${code}: ${JSON.stringify(this.lines, null, 1)}`,
          }),
        ),
      );
    });
  }

  /** Answer of its HTTP side. */
  async get(where: string): Promise<{ readonly status: number; readonly body: string }> {
    const { http } = await this.line(({ http }) => http !== undefined);
    const answer = await fetch(`http://${String(http)}${where}`);
    return { status: answer.status, body: await answer.text() };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}
