/** Worker and connector processes: started, killed with SIGKILL, started again with the same state, stopped with SIGTERM. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';

export interface ProcessSpec {
  readonly name: string;
  readonly kind: 'worker' | 'connector';
  /** The app's main file. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
}

const stopTimeoutMs = 40_000;

/** One slot of the system: a process that may be killed and comes back. */
export class ServiceProcess {
  readonly spec: ProcessSpec;
  readonly logFile: string;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #expectExit = false;
  /** Resolves when the process has said that it is running, is gone, or says nothing for long. */
  #isUp: Promise<void> = Promise.resolve();
  /** Exits that nobody asked for, and stops that did not end with 0. */
  readonly crashes: string[] = [];

  constructor(spec: ProcessSpec, logDir: string) {
    this.spec = spec;
    mkdirSync(logDir, { recursive: true });
    this.logFile = path.join(logDir, `${spec.name}.log`);
    this.#log = createWriteStream(this.logFile, { flags: 'a' });
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    this.#expectExit = false;
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, ['--enable-source-maps', this.spec.main], {
      env: { PATH, HOME, ...this.spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    this.#isUp = new Promise((resolve) => {
      const look = (chunk: Buffer): void => void (chunk.includes('is running') && resolve());
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
      child.once('exit', () => resolve());
      setTimeout(resolve, stopTimeoutMs).unref();
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#expectExit)
        this.crashes.push(`${this.spec.name} ended by itself with ${signal ?? code}, see ${this.logFile}`);
    });
    this.#child = child;
  }

  /** kill -9 */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** A clean stop; resolves when the process is gone. One that is just starting has nothing to drain yet: it is waited for. */
  async stop(): Promise<void> {
    await this.#isUp;
    if (this.#child === undefined) return;
    const code = await this.#end('SIGTERM');
    if (code !== 0) this.crashes.push(`${this.spec.name} got SIGTERM and ended with ${code}, see ${this.logFile}`);
  }

  /** The exit code; null when a signal ended it. */
  #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve(0);
    this.#expectExit = true;
    return new Promise((resolve) => {
      const patience = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.once('exit', (code) => {
        clearTimeout(patience);
        resolve(code);
      });
      child.kill(signal);
    });
  }
}
