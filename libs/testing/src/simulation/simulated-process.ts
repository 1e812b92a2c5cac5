/**
 * A process that comes and goes: each start is a new incarnation on a new host, over the disk that the one before left.
 *
 *   down ─start─▶ up ─stop─▶ stopping ─▶ down
 *                  └──────crash──────────▲
 */
import type { StateEngines } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import { simulatedDisk, type DiskRates } from './disk.ts';
import { Host } from './host.ts';
import type { RandomStreams } from './random-streams.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** What runs in a process. */
export interface RunningProgram {
  /** Resolves when it has started; rejects when it cannot. */
  start(): Promise<void>;
  /** A clean stop (SIGTERM). */
  stop(): Promise<void>;
}

/** What an incarnation gets. */
export interface Incarnation {
  readonly host: Host;
  /** The process's name: the same for all its incarnations. */
  readonly name: string;
  readonly disk: StateEngines;
  /** The program has failed for good; its process ends. */
  failed(error: unknown): void;
}

export interface ProcessOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly streams: RandomStreams;
  readonly trace: Trace;
  readonly diskRates: DiskRates;
  launch(incarnation: Incarnation): RunningProgram;
  /** The host of an incarnation is gone; its connections go with it. */
  onEnd(host: Host): void;
  /** An incarnation could not start, or failed; the process is down now. */
  onFailure(process: SimulatedProcess, error: unknown): void;
}

type State = 'down' | 'up' | 'stopping';

/** How long a clean stop may take before the process is killed. */
const stopTimeoutMs = 30_000;

export class SimulatedProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  #disk: StateEngines = memoryEngines();
  #incarnations = 0;
  #state: State = 'down';
  #host: Host | undefined;
  #program: RunningProgram | undefined;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** What is on its disk, whoever has it open. */
  get disk(): StateEngines {
    return this.#disk;
  }

  get state(): State {
    return this.#state;
  }

  /** The host of the newest incarnation. */
  get host(): Host | undefined {
    return this.#host;
  }

  start(): void {
    if (this.#state !== 'down') return;
    const { scheduler, streams, diskRates } = this.#options;
    const host = new Host(`${this.name}#${++this.#incarnations}`, scheduler);
    const disk = simulatedDisk(this.#disk, host, streams.stream(`disk/${host.name}`), diskRates);
    const failed = (error: unknown): void => this.#fail(host, error);
    this.#host = host;
    this.#state = 'up';
    this.#note('starts');
    this.#program = this.#options.launch({ host, name: this.name, disk, failed });
    void this.#program.start().catch(failed);
  }

  /** kill -9, with the disk kept or lost. */
  crash(disk: 'kept' | 'lost'): void {
    if (this.#state === 'down') return;
    this.#note(`crashes, disk ${disk}`);
    this.#end();
    if (disk === 'lost') this.#disk = memoryEngines();
  }

  /** SIGSTOP for a while. */
  pause(forMs: number): void {
    if (this.#state === 'down') return;
    this.#note(`pauses for ${forMs} ms`);
    this.#host?.pause(forMs);
  }

  /** SIGTERM; `stopped` is called when it is down, at once when it is not up. */
  stop(stopped: () => void): void {
    const host = this.#host;
    if (this.#state !== 'up' || host === undefined) return stopped();
    this.#state = 'stopping';
    this.#note('stops');
    const down = (): void => {
      if (this.#host !== host || this.#state !== 'stopping') return;
      this.#end();
      stopped();
    };
    this.#options.scheduler.after(stopTimeoutMs, undefined, down);
    this.#program?.stop().then(down, (error: unknown) => this.#fail(host, error));
  }

  #fail(host: Host, error: unknown): void {
    if (this.#host !== host || this.#state === 'down') return;
    this.#note(`fails: ${error instanceof Error ? error.message : String(error)}`);
    this.#end();
    this.#options.onFailure(this, error);
  }

  #end(): void {
    this.#state = 'down';
    if (this.#host !== undefined) {
      this.#options.onEnd(this.#host);
      this.#host.crash();
    }
  }

  #note(text: string): void {
    this.#options.trace.add(this.#options.scheduler.nowMs, this.name, 0, () => text);
  }
}
