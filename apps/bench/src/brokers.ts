/** The Kafka of a bench: embedded in a process of its own, the real one of this project, or the user's. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export type Where =
  { readonly kind: 'embedded' } | { readonly kind: 'real' } | { readonly kind: 'bootstrap'; readonly address: string };

export interface OpenedBroker {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

export async function openBroker(where: Where): Promise<OpenedBroker> {
  const close = (): Promise<void> => Promise.resolve();
  if (where.kind === 'embedded') return embedded();
  return { address: where.kind === 'real' ? real() : where.address, close };
}

async function embedded(): Promise<OpenedBroker> {
  const child = fork(path.join(import.meta.dirname, 'embedded-broker-process.js'), { execArgv: [] });
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', (code) => reject(new Error(`the embedded broker ended with code ${code}`)));
  });
  return {
    address,
    close: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

/** Started unless it is up. */
function real(): string {
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up', 'kafka'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = /^kafka (\S+) up$/m.exec(stdout)?.[1];
  if (status !== 0 || address === undefined) throw new Error('Kafka did not start; the lines above say why');
  return address;
}
