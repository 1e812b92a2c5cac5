/** An application in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ApplicationJob, ApplicationReport, RunningApplication } from './application.ts';
import type { FromApplication, ToApplication } from './application-process.ts';

export interface ChildApplication extends RunningApplication {
  /** kill -9 */
  kill(): Promise<void>;
}

/** @param nodeArguments for instance `--cpu-prof` */
export async function startChild(job: ApplicationJob, nodeArguments: readonly string[]): Promise<ChildApplication> {
  const main = path.join(import.meta.dirname, 'application-process.js');
  const child = fork(main, { execArgv: ['--enable-source-maps', ...nodeArguments], stdio: ['ignore', 2, 2, 'ipc'] });
  await ask(child, { type: 'start', job });
  return {
    report: async () => {
      const reply = await ask(child, { type: 'report' });
      return (reply as { report: ApplicationReport }).report;
    },
    check: () => {
      if (hasEnded(child)) throw new Error(`the application has ended by itself, ${endOf(child)}`);
    },
    stop: async () => {
      if (hasEnded(child)) return;
      await ask(child, { type: 'stop' });
      await end(child, () => child.disconnect());
    },
    kill: () => end(child, () => void child.kill('SIGKILL')),
  };
}

function ask(child: ChildProcess, message: ToApplication): Promise<FromApplication> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`the application has ended by itself, ${endOf(child)}`));
    child.once('exit', ended);
    child.once('message', (reply) => {
      child.off('exit', ended);
      resolve(reply as FromApplication);
    });
    if (hasEnded(child)) return ended();
    child.send(message);
  });
}

async function end(child: ChildProcess, how: () => void): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  how();
  await gone;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function endOf({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
}
