/**
 * The simulated world: one embedded broker, worker processes with disks, a network between them, faults. All of it runs on one
 * scheduler from one seed. The world knows nothing of topologies: `launch` says what runs in a worker.
 *
 * Call order: constructor, `startWorkers`, `schedule` faults, `run` as often as needed, `heal`, `run` until all is quiet.
 */
import { Broker, type BrokerOptions } from '@millrace/broker';
import { MillraceError, silentLogger, type Clock, type Logger, type Random } from '@millrace/base';
import type { StateEngines, Transport } from '@millrace/ports';
import { committedLog, type CommittedLog } from './committed-log.ts';
import type { DiskRates } from './disk.ts';
import type { Fault } from './fault.ts';
import { Host } from './host.ts';
import { SimulatedNetwork, type NetworkRates } from './network.ts';
import { RandomStreams } from './random-streams.ts';
import { Scheduler, type RunEnd } from './scheduler.ts';
import { SimulatedProcess, type RunningProgram } from './simulated-process.ts';
import { Trace } from './trace.ts';

/** What code on a host may use of the world. */
export interface HostPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly logger: Logger;
}

/** What a worker's program gets; `name` is the same for all incarnations. */
export interface WorkerPorts extends HostPorts {
  readonly name: string;
  readonly disk: StateEngines;
  /** Tells that the program has failed for good. */
  failed(error: unknown): void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly broker: Pick<BrokerOptions, 'transactionVersion' | 'markerDelay' | 'forgetsMarkers' | 'cleanupIntervalMs'>;
  readonly workers: number;
  readonly network: NetworkRates;
  readonly disk: DiskRates;
  readonly keepTrace: boolean;
  launch(ports: WorkerPorts): RunningProgram;
}

/** Where clients find the broker. */
export const brokerAddress = 'broker:9092';

/** After a failure that may pass, a supervisor starts the process again. */
const restartMs = 500;

export class World {
  readonly scheduler = new Scheduler();
  readonly streams: RandomStreams;
  readonly trace: Trace;
  readonly broker: Broker;
  /** What ended worker programs, other than what may pass. */
  readonly failures: { readonly worker: string; readonly error: unknown }[] = [];
  /** How often workers logged each error code, or else each text: what the faults have set off. */
  readonly logged = new Map<string, number>();
  readonly #network: SimulatedNetwork;
  readonly #brokerHost: Host;
  readonly #workers: readonly SimulatedProcess[];

  constructor(options: WorldOptions) {
    this.streams = new RandomStreams(options.seed);
    this.trace = new Trace({ keepLines: options.keepTrace });
    this.#network = new SimulatedNetwork(this.scheduler, this.streams, this.trace, options.network);
    this.#brokerHost = new Host('broker', this.scheduler);
    this.broker = new Broker({
      clock: this.#brokerHost.clock,
      random: this.streams.stream('broker'),
      logger: silentLogger,
      ...options.broker,
    });
    this.#listen();
    this.#workers = Array.from({ length: options.workers }, (_, i) => this.#process(`worker-${i}`, options));
  }

  /** Starts every worker that is down. */
  startWorkers(): void {
    for (const worker of this.#workers) worker.start();
  }

  /** Starts a worker; nothing when it is up. */
  start(worker: number): void {
    this.#workers[worker]?.start();
  }

  /** Whether a worker runs, or is about to stop. */
  isUp(worker: number): boolean {
    return this.#workers[worker] !== undefined && this.#workers[worker].state !== 'down';
  }

  /** kill -9 of a worker, with its disk kept or lost. */
  crash(worker: number, disk: 'kept' | 'lost'): void {
    this.#workers[worker]?.crash(disk);
  }

  /** A clean stop of a worker. */
  stop(worker: number): Promise<void> {
    return new Promise((stopped) => {
      const found = this.#workers[worker];
      if (found === undefined) stopped();
      else found.stop(stopped);
    });
  }

  /** A host of the test itself, on a good line and free of faults. */
  observer(name: string): HostPorts {
    return this.#ports(new Host(name, this.scheduler), name, false);
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults)
      this.scheduler.after(fault.atMs - this.scheduler.nowMs, undefined, () => this.#apply(fault));
  }

  run(done: () => boolean, limits: { readonly timeMs: number; readonly events: number }): Promise<RunEnd> {
    return this.scheduler.run(done, limits);
  }

  /** The end of all faults: everything is up, connected and awake. */
  heal(): void {
    this.trace.add(this.scheduler.nowMs, 'world', 0, () => 'heals');
    this.#network.heal();
    for (const worker of this.#workers) {
      worker.host?.resume();
      worker.start();
    }
  }

  /** A clean stop of every worker. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.#workers.map((_, worker) => this.stop(worker)));
  }

  /** The partitions of a topic, as their logs are at this moment. */
  logs(topic: string): CommittedLog[] {
    const partitions = Array.from({ length: this.broker.partitionCount(topic) }, (_, i) => this.broker.log(topic, i));
    return partitions.map((log) => committedLog(log?.batches() ?? []));
  }

  /** The disks of the workers. */
  disks(): StateEngines[] {
    return this.#workers.map(({ disk }) => disk);
  }

  #process(name: string, options: WorldOptions): SimulatedProcess {
    return new SimulatedProcess({
      name,
      scheduler: this.scheduler,
      streams: this.streams,
      trace: this.trace,
      diskRates: options.disk,
      launch: ({ host, disk, failed }) => options.launch({ ...this.#ports(host, name, true), name, disk, failed }),
      onEnd: (host) => this.#network.reset(host, true),
      onFailure: (process, error) => this.#onFailure(process, error),
    });
  }

  #ports(host: Host, link: string, faulty: boolean): HostPorts {
    const logger: Logger = {
      log: (level, text, fields) => {
        const line = (): string => `${level} ${text} ${JSON.stringify(fields ?? {})}`;
        this.trace.add(this.scheduler.nowMs, host.name, text.length, line);
        const name = typeof fields?.['code'] === 'string' ? fields['code'] : text;
        this.logged.set(name, (this.logged.get(name) ?? 0) + 1);
      },
    };
    const random = this.streams.stream(`host/${host.name}`);
    return { clock: host.clock, random, transport: this.#network.transport(host, link, { faulty }), logger };
  }

  #onFailure(process: SimulatedProcess, error: unknown): void {
    const passes = MillraceError.is(error) && (error.severity === 'retriable' || error.severity === 'fenced');
    if (passes) this.scheduler.after(restartMs, undefined, () => process.start());
    else this.failures.push({ worker: process.name, error });
  }

  #apply(fault: Fault): void {
    const after = (run: () => void): void =>
      void this.scheduler.after('downMs' in fault ? fault.downMs : 0, undefined, run);
    if (fault.type === 'brokerRestart') return this.#restartBroker(after);
    const worker = this.#workers[fault.worker];
    if (worker === undefined) return;
    switch (fault.type) {
      case 'crash':
        worker.crash(fault.disk);
        return after(() => worker.start());
      case 'stop':
        return worker.stop(() => after(() => worker.start()));
      case 'pause':
        return worker.pause(fault.forMs);
      case 'cut':
        return this.#network.cut(worker.name, fault.direction, fault.forMs);
      case 'reset':
        if (worker.host !== undefined) this.#network.reset(worker.host, fault.requestsArrive);
    }
  }

  #restartBroker(after: (run: () => void) => void): void {
    this.trace.add(this.scheduler.nowMs, 'broker', 0, () => 'goes down');
    this.#network.stopListening();
    after(() => {
      this.broker.restart();
      this.#listen();
    });
  }

  #listen(): void {
    this.#network.listen(this.#brokerHost, (send, close) => this.broker.accept(send, close));
  }
}
