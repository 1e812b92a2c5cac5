/** Worker and connector processes: started, killed with SIGKILL, started again with the same state, stopped with SIGTERM. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';

export interface ProcessSpec {
  readonly name: string;
  /** The app's main file. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One slot of the system: a process that may be killed and comes back. */
export class ServiceProcess {
  readonly spec: ProcessSpec;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  /** How often it was started. */
  starts = 0;
  /** Exits that nobody asked for. */
  readonly crashes: string[] = [];
  #expectExit = false;

  constructor(spec: ProcessSpec, logDir: string) {
    this.spec = spec;
    mkdirSync(logDir, { recursive: true });
    this.#log = createWriteStream(path.join(logDir, `${spec.name}.log`), { flags: 'a' });
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    this.starts++;
    this.#expectExit = false;
    const child = spawn(process.execPath, ['--enable-source-maps', this.spec.main], {
      env: { ...process.env, ...this.spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#expectExit) this.crashes.push(`${this.spec.name} exited with ${signal ?? code}`);
    });
    this.#child = child;
  }

  /** kill -9 */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** A clean stop; resolves when the process is gone. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    this.#expectExit = true;
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }
}
