/** Applications in a process of its own, on the JVM or on Millrace: both take the same arguments and say the same lines. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { specText, type ApplicationSpec } from './application-spec.ts';

export type EngineName = 'jvm' | 'millrace';

export interface EngineOptions {
  readonly engine: EngineName;
  readonly classPath: string;
  readonly bootstrap: string;
  readonly stateDir: string;
  readonly sessionTimeoutMs: number;
  readonly logFile: string;
  readonly applications: readonly ApplicationSpec[];
}

const startTimeoutMs = 90_000;
const stopTimeoutMs = 45_000;

/** A started process. `lines` are what it says: `APPLICATION_ID STATE`, and `APPLICATION_ID failed: CAUSE`. */
export class Engine {
  readonly name: EngineName;
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #options: EngineOptions;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(options: EngineOptions) {
    const { engine, classPath, bootstrap, stateDir, sessionTimeoutMs, applications, logFile } = options;
    this.name = engine;
    this.#options = options;
    const args = [bootstrap, stateDir, String(sessionTimeoutMs), ...applications.map(specText)];
    const millrace = path.join(import.meta.dirname, 'application-process.js');
    this.#child =
      engine === 'jvm'
        ? spawn('java', [...jvmFlags, '-cp', classPath, 'takeover.Main', 'run', ...args])
        : spawn(process.execPath, ['--enable-source-maps', millrace, ...args]);
    this.#child.stderr?.pipe(createWriteStream(logFile, { flags: 'a' }));
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    this.#child.once('exit', () => {
      this.#isOver = true;
      this.#look();
    });
  }

  /** Resolves when every application has said RUNNING. */
  async running(): Promise<void> {
    await Promise.all(this.#options.applications.map(({ applicationId }) => this.says(`${applicationId} RUNNING`)));
  }

  /** Resolves with the first line that begins so; rejects when the process ends without it. */
  says(begin: string): Promise<string> {
    const { logFile } = this.#options;
    return new Promise((resolve, reject) => {
      const patience = setTimeout(
        () => end(new Error(`${this.name} did not say '${begin}' in time, see ${logFile}`)),
        startTimeoutMs,
      );
      const end = (outcome: string | Error): void => {
        clearTimeout(patience);
        this.#waiting.delete(look);
        if (typeof outcome === 'string') resolve(outcome);
        else reject(outcome);
      };
      const look = (): void => {
        const line = this.lines.find((one) => one.startsWith(begin));
        if (line !== undefined) return end(line);
        const failed = this.lines.find((one) => one.includes(' failed: '));
        if (this.#isOver || failed !== undefined)
          end(new Error(`${this.name}: ${failed ?? 'the process ended by itself'}; its log is ${logFile}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** SIGTERM: it commits, leaves its groups and ends. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** kill -9 */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
      this.#child.once('exit', () => {
        clearTimeout(patience);
        resolve();
      });
      this.#child.kill(signal);
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}

const jvmFlags = [
  '-Xmx500m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
