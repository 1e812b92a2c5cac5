/** A real broker of a test's own, to be killed and started again. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const root = path.join(import.meta.dirname, '../../../..');
const home = process.env['MILLRACE_SERVERS_HOME'] ?? path.join(homedir(), '.cache/millrace-servers');

export class OwnKafka {
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<OwnKafka> {
    // The controller's port is the next one.
    const broker = new OwnKafka(await freePort());
    await broker.up();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when it is ready; what it had is still there. */
  async up(): Promise<void> {
    await this.#servers('up');
  }

  /** In the middle of whatever it does. */
  kill(): void {
    process.kill(Number.parseInt(readFileSync(path.join(this.#directory, 'pid'), 'utf8')), 'SIGKILL');
  }

  /** Ends it and deletes what it had. */
  async remove(): Promise<void> {
    await this.#servers('down');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #directory(): string {
    return path.join(home, `millrace-kafka-${this.port}`);
  }

  async #servers(command: 'up' | 'down'): Promise<void> {
    const cli = path.join(root, 'tools/servers/cli.mjs');
    const port = ['--kafka-port', String(this.port)];
    // A broker that is back after a crash waits for the session of its former life to end: 9 s unless set.
    const settings = ['broker.session.timeout.ms=2000', 'broker.heartbeat.interval.ms=300'].flatMap((one) => ['--set', one]);
    await promisify(execFile)(process.execPath, [cli, command, 'kafka', ...port, ...settings]);
  }
}
